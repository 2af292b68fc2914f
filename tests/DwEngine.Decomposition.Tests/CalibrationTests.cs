using System.Collections.Immutable;
using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Decomposition.Tests.LinearAlgebra;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Tensors;
using DwEngine.Testing;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Decomposition.Tests;

[Properties(Arbitrary = [typeof(ConvolutionSamples)], MaxTest = 20)]
public class CalibrationTests
{
    private static readonly string[] Regular =
        ["stage2.0.branch2.3", "stage2.1.branch2.3", "stage3.0.branch1.0", "stage3.0.branch2.3", "stage3.2.branch2.3"];

    [Property]
    public void Composite_explains_the_responses_to_the_patches(LinearChain chain, bool pointwise, bool fused)
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(1, chain.Inputs, 9, 8)).Apply(chain.First, "first").Apply(chain.FirstNorm, "norm");
        x = pointwise ? x.Apply(fused ? chain.Pointwise.WithEpilogue(Clamp.Relu) : chain.Pointwise, "pointwise") : x;
        Graph graph = builder.Build(x.Relu("relu"));
        var images = new RandomImages(3);
        CalibrationStatistics statistics = CalibrationStatistics.Gather(
            graph, images, new CalibrationOptions { Threads = 1 }, _ => true, cancellation: TestContext.Current.CancellationToken);
        ImmutableArray<DecompositionSite> sites = DecompositionSite.Find(graph);
        Assert.Equal(sites.Sum(site => site.Groups), statistics.Layers.Length);
        foreach (DecompositionSite site in sites)
        {
            Assert.Equal(Clamp.Relu, site.Activation);
            ImmutableArray<CompositeConvolution> composites = site.Fold();
            Shape output = graph.Infer()[site.Output].Shape;
            for (int group = 0; group < site.Groups; group++)
            {
                Assert.True(statistics.TryFind("first", group, out LayerStatistics? sums));
                Assert.Equal(3 * output[2] * output[3], sums.Count);
                Assert.InRange(sums.ResponseError(composites[group]), 0, 1e-9);
            }
        }
    }

    [Theory]
    [InlineData("tiny", 5)]
    [InlineData("residual", 6)]
    [InlineData("mobile", 2)]
    public void Patches_come_from_the_decomposed_network_and_responses_from_the_original(string network, int layers)
    {
        Graph graph = network == "tiny" ? Tiny(Regular).Graph : BranchedNetworkTests.Build(network);
        Shape inputShape = graph.Inputs[0].DefaultShape;
        var probe = new Probe(CalibrationData.Asymmetric);
        var images = new RandomImages(2);
        NetworkDecomposition result = NetworkDecomposer.Decompose(
            graph, probe, new DecompositionOptions { Images = images }, cancellation: TestContext.Current.CancellationToken);
        DecompositionSite[] sites = [.. DecompositionSite.Find(graph).Where(site => !site.ReadsNetworkInput)];
        Assert.Equal(layers, sites.Length);
        var originals = new List<IReadOnlyDictionary<Value, Tensor>>();
        var decomposed = new List<IReadOnlyDictionary<Value, Tensor>>();
        for (int image = 0; image < images.Count; image++)
        {
            float[] pixels = new float[inputShape.ElementCount];
            images.Read(image, pixels);
            var input = new Dictionary<string, Tensor> { ["input"] = Tensor.FromFloats(inputShape, pixels) };
            originals.Add(ReferenceExecutor.RunAll(graph, input));
            decomposed.Add(ReferenceExecutor.RunAll(result.Graph, input));
        }

        for (int layer = 0; layer < sites.Length; layer++)
        {
            var x = new double[probe.Seen[layer].Inputs];
            var y = new double[probe.Seen[layer].Outputs];
            for (int image = 0; image < images.Count; image++)
            {
                Tensor original = originals[image][sites[layer].Output];
                AddCentres(sites[layer].Convolution, decomposed[image][sites[layer].Input], original.Shape, x);
                for (int i = 0; i < original.Floats.Length; i++)
                {
                    y[i / (original.Shape[2] * original.Shape[3])] += original.Floats[i];
                }
            }

            Assert.All(y, (sum, o) => Assert.Equal(sum, probe.Seen[layer].SumY[o], 1e-3 * (1 + Math.Abs(sum))));
            for (int centre = 4; centre < x.Length; centre += 9)
            {
                Assert.Equal(x[centre], probe.Seen[layer].SumX[centre], 1e-3 * (1 + Math.Abs(x[centre])));
            }
        }
    }

    [Fact]
    public void Bits_do_not_depend_on_threads_or_memory()
    {
        Graph graph = Tiny(Regular).Graph;
        Probe roomy = Run(new CalibrationOptions { Threads = 1, PositionsPerImage = 20 }, out int reads);
        Probe shared = Run(new CalibrationOptions { Threads = 3, PositionsPerImage = 20 }, out _);
        Probe scarce = Run(new CalibrationOptions { Threads = 2, PositionsPerImage = 20, Memory = 300_000 }, out int more);
        Assert.True(more > reads);
        for (int layer = 0; layer < Regular.Length; layer++)
        {
            LayerStatisticsTests.AssertSame(roomy.Seen[layer], shared.Seen[layer]);
            LayerStatisticsTests.AssertSame(roomy.Seen[layer], scarce.Seen[layer]);
        }

        Probe Run(CalibrationOptions options, out int count)
        {
            var images = new RandomImages(4);
            var probe = new Probe(CalibrationData.Asymmetric);
            NetworkDecomposer.Decompose(
                graph, probe, new DecompositionOptions { Images = images, Calibration = options },
                cancellation: TestContext.Current.CancellationToken);
            count = images.Reads;
            return probe;
        }
    }

    [Fact]
    public void Parts_merge_to_the_whole_and_the_seed_decides()
    {
        Graph graph = Tiny(Regular).Graph;
        var options = new CalibrationOptions { PositionsPerImage = 7, Seed = 5 };
        CalibrationStatistics whole = Gather(new RandomImages(5), options);
        CalibrationStatistics parts =
            Gather(new RandomImages(2), options).Merge(Gather(new RandomImages(3, first: 2), options with { FirstImage = 2 }));
        CalibrationStatistics other = Gather(new RandomImages(5), options with { Seed = 6 });
        Assert.Equal((whole.Images, whole.Seed), (parts.Images, parts.Seed));
        foreach (string layer in Regular)
        {
            Assert.True(whole.TryFind(layer, 0, out LayerStatistics? expected));
            Assert.True(parts.TryFind(layer, 0, out LayerStatistics? found));
            Assert.True(other.TryFind(layer, 0, out LayerStatistics? differs));
            Assert.Equal(expected.Count, found.Count);
            MatrixAssert.Close(expected.XX, found.XX, 1e-12);
            MatrixAssert.Close(expected.XY, found.XY, 1e-12);
            Assert.False(expected.XX.Values.SequenceEqual(differs.XX.Values));
        }

        Assert.Throws<DecompositionException>(() => whole.Merge(other));
        Refused(Gather(new RandomImages(5), options), "5 of 5 images are among the 5");
        Refused(Gather(new RandomImages(2, first: 9) { Preparation = "other" }, options), "prepared with another");
        Refused(
            CalibrationStatistics.Gather(Tiny(Regular[1..]).Graph, new RandomImages(2, first: 9), options,
                cancellation: TestContext.Current.CancellationToken), "another network");
        DecompositionException error = Assert.Throws<DecompositionException>(() => NetworkDecomposer.Decompose(
            Tiny(Regular[1..]).Graph, new DecompositionOptions { Statistics = whole },
            cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("another network", error.Message, StringComparison.Ordinal);

        void Refused(CalibrationStatistics more, string message) =>
            Assert.Contains(message, Assert.Throws<DecompositionException>(() => whole.Merge(more)).Message, StringComparison.Ordinal);

        CalibrationStatistics Gather(RandomImages images, CalibrationOptions wanted) =>
            CalibrationStatistics.Gather(graph, images, wanted, cancellation: TestContext.Current.CancellationToken);
    }

    [Property]
    public void Positions_are_different_ascending_and_repeatable(ulong seed, string layer, byte total, byte wanted, ushort image)
    {
        int[] chosen = new int[Math.Min(wanted, total)], again = new int[chosen.Length];
        PositionSampler.Choose(seed, layer ?? "", image, total, chosen);
        PositionSampler.Choose(seed, layer ?? "", image, total, again);
        Assert.Equal(chosen, again);
        Assert.Equal(chosen.Distinct().Order(), chosen);
        Assert.All(chosen, position => Assert.InRange(position, 0, total - 1));
    }

    [Fact]
    public void Positions_are_equally_likely()
    {
        int[] hits = new int[10], chosen = new int[3];
        for (int image = 0; image < 10_000; image++)
        {
            PositionSampler.Choose(1, "layer", image, 10, chosen);
            Array.ForEach(chosen, position => hits[position]++);
        }

        // 3000 each; six standard deviations of the binomial distribution are 275.
        Assert.All(hits, count => Assert.InRange(count, 2725, 3275));
    }

    [Fact]
    public void Cut_points_are_values_from_which_all_targets_follow()
    {
        Graph graph = Tiny(Regular).Graph;
        Value[] targets = [.. DecompositionSite.Find(graph).Where(site => site.Name.StartsWith("stage3", StringComparison.Ordinal)).Select(
            site => site.Input)];
        List<Value> cuts = CutPoints.Find(graph, targets);
        Assert.Equal(["input", "conv1.0", "conv1.1", "conv1.2", "stage2.0.concat", "stage2.0.shuffle", "stage2.1.concat",
            "stage2.1.shuffle"], cuts.Select(value => value.Name));
        Tensor input = LinearChain.Values(1, new Shape(1, 3, 32, 32));
        IReadOnlyDictionary<Value, Tensor> all = ReferenceExecutor.RunAll(graph, new Dictionary<string, Tensor> { ["input"] = input });
        foreach (Value cut in cuts)
        {
            Graph part = CutPoints.Between(graph, new GraphInput(cut, all[cut].Shape), targets[0]);
            TensorAssertion.Close(all[targets[0]], ReferenceExecutor.Run(part, all[cut]), 0);
        }
    }

    [Fact]
    public void What_lacks_data_is_refused()
    {
        Graph graph = Tiny(Regular).Graph;
        CalibrationStatistics statistics = CalibrationStatistics.Gather(
            graph, new RandomImages(1), layers: name => name == Regular[0], cancellation: TestContext.Current.CancellationToken);
        var onlyStatistics = new DecompositionOptions { Statistics = statistics };
        Refused(CalibrationData.Original, new DecompositionOptions(), "needs calibration data");
        Refused(CalibrationData.Asymmetric, onlyStatistics, "needs calibration images");
        Refused(CalibrationData.Original, onlyStatistics, "lack the layer");
        Refused(CalibrationData.Original, new DecompositionOptions { Images = new RandomImages(0) }, "no calibration images");
        Refused(CalibrationData.Original, Small(new CalibrationOptions { Memory = 1000 }), "memory bound");
        Refused(CalibrationData.Original, Small(new CalibrationOptions { PositionsPerLayer = 1 }), "not one position");
        Refused(CalibrationData.Original, Small(new CalibrationOptions { Threads = 0 }), "above zero");
        Refused(CalibrationData.Original, new DecompositionOptions { Images = new BadImages() }, "is NaN for calibration image");
        Assert.Throws<DecompositionException>(() => new DecompositionRequest(new CompositeConvolution(new Matrix(2, 4), [0, 0], 2, 2), 1)
            .RequireStatistics(new Probe(CalibrationData.Original)));

        void Refused(CalibrationData needs, DecompositionOptions options, string message)
        {
            DecompositionException error = Assert.Throws<DecompositionException>(
                () => NetworkDecomposer.Decompose(graph, new Probe(needs), options, cancellation: TestContext.Current.CancellationToken));
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }

        static DecompositionOptions Small(CalibrationOptions options) => new() { Images = new RandomImages(2), Calibration = options };
    }

    [Fact]
    public void Statistics_serve_instead_of_images_where_they_suffice()
    {
        Graph graph = Tiny(Regular).Graph;
        var images = new RandomImages(2);
        CalibrationStatistics statistics = CalibrationStatistics.Gather(graph, images, cancellation: TestContext.Current.CancellationToken);
        int reads = images.Reads;
        var probe = new Probe(CalibrationData.Original);
        NetworkDecomposition result = NetworkDecomposer.Decompose(
            graph, probe, new DecompositionOptions { Images = images, Statistics = statistics },
            cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(reads, images.Reads);
        Assert.All(Regular, (layer, i) =>
        {
            Assert.True(statistics.TryFind(layer, 0, out LayerStatistics? expected));
            Assert.Same(expected, probe.Seen[i]);
        });
        Assert.All(result.Layers.Skip(1), layer => Assert.InRange(layer.ResponseError!.Value, 1e-6, 10));
        Assert.All(result.Layers.Skip(1), layer => Assert.True(layer.Positions > 0));
    }

    private static void AddCentres(Convolution convolution, Tensor input, Shape output, double[] sums)
    {
        // The middle tap of a 3x3 with padding 1 reads every stride-th pixel.
        for (int channel = 0; channel < input.Shape[1]; channel++)
        {
            for (int y = 0; y < output[2]; y++)
            {
                for (int x = 0; x < output[3]; x++)
                {
                    int row = y * convolution.Window.StrideY, column = x * convolution.Window.StrideX;
                    sums[(channel * 9) + 4] += input.Floats[(((channel * input.Shape[2]) + row) * input.Shape[3]) + column];
                }
            }
        }
    }

    private static Network Tiny(params ReadOnlySpan<string> regular)
    {
        ShuffleNetV2Dimensions architecture = ShuffleNetV2Weights.Tiny(StemKind.Cifar, regular);
        return new ShuffleNetV2().Build(
            ShuffleNetV2Weights.Random(architecture),
            new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar), InputSize = 32 });
    }

    /// <summary>Decomposes by weights and remembers the data that it was given.</summary>
    private sealed class Probe(CalibrationData needs) : IDecompositionMethod
    {
        public string Name => "probe";

        public CalibrationData Needs => needs;

        public List<LayerStatistics> Seen { get; } = [];

        public DecompositionResult Decompose(DecompositionRequest request)
        {
            Seen.Add(request.RequireStatistics(this));
            return DecompositionMethods.Find("svd").Decompose(request);
        }
    }

    private sealed class BadImages : ICalibrationImages
    {
        public int Count => 1;

        public void Read(int index, Span<float> nchw) => nchw.Fill(float.NaN);
    }
}
