using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Statistics;
using DwEngine.Decomposition.Trials;
using DwEngine.Files;
using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Decomposition.Tests.Statistics;

/// <summary>What was found out before is used again, and changes nothing.</summary>
public sealed class TrialsTests : IDisposable
{
    private static readonly Graph s_graph = Network();

    private readonly string _folder = Directory.CreateTempSubdirectory("dwengine-trials-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_network_is_made_again_without_reading_an_image_but_for_the_answer()
    {
        string file = Path.Combine(_folder, "trials.safetensors");
        var images = new CountedImages();
        DecompositionTrials trials = NewTrials(images);
        NetworkDecomposition first = Decompose(images, trials), without = Decompose(images, null);
        TrialsFile.Save(file, trials);
        DecompositionTrials loaded = TrialsFile.Load(file);
        int found = loaded.Count;
        images.Reads = 0;
        NetworkDecomposition second = Decompose(images, loaded);

        Assert.True(found > 10, $"{found} trials");
        Assert.Equal(found, loaded.Count);
        Assert.Equal(trials.Source, loaded.Source);
        Assert.Equal(GraphIdentity.ComputeHash(without.Graph), GraphIdentity.ComputeHash(first.Graph));
        Assert.Equal(GraphIdentity.ComputeHash(first.Graph), GraphIdentity.ComputeHash(second.Graph));
        Assert.Equal(first.Layers, second.Layers);
        // Once for the answers of the original, and once or twice to tell that they are the same images.
        Assert.InRange(images.Reads, 1, 3 * images.Count);
    }

    [Fact]
    public void Another_target_adds_to_what_is_known()
    {
        var images = new CountedImages();
        DecompositionTrials trials = NewTrials(images);
        Decompose(images, trials);
        int known = trials.Count;
        NetworkDecomposition with = Decompose(images, trials, 1.2), without = Decompose(images, null, 1.2);

        Assert.True(trials.Count > known);
        Assert.Equal(GraphIdentity.ComputeHash(without.Graph), GraphIdentity.ComputeHash(with.Graph));
    }

    [Fact]
    public void Trials_of_something_else_are_refused()
    {
        var images = new CountedImages();
        DecompositionTrials trials = NewTrials(images);
        Assert.Throws<DecompositionException>(() => Decompose(new CountedImages(11), trials));
        Assert.Throws<DecompositionException>(() => NetworkDecomposer.Decompose(
            s_graph, Options(images, trials, 1.5) with { Calibration = new CalibrationOptions { Seed = 2 } }, cancellation: Token));
        Assert.Throws<DecompositionException>(() => NetworkDecomposer.Decompose(
            s_graph, new DecompositionOptions { Trials = trials }, cancellation: Token));
    }

    [Fact]
    public void A_file_that_is_none_of_trials_or_was_cut_is_refused()
    {
        string file = Path.Combine(_folder, "trials.safetensors");
        var images = new CountedImages();
        DecompositionTrials trials = NewTrials(images);
        Decompose(images, trials);
        TrialsFile.Save(file, trials);
        byte[] bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[..^8]);
        Assert.Throws<FileFormatException>(() => TrialsFile.Load(file));
        StatisticsFile.Save(file, CalibrationStatistics.Gather(s_graph, images, cancellation: Token));
        FileFormatException error = Assert.Throws<FileFormatException>(() => TrialsFile.Load(file));
        Assert.Contains("no file of trials", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("joint")]
    [InlineData("channel-asymmetric")]
    [InlineData("gsvd")]
    public void All_ranks_at_once_are_those_of_each(string name)
    {
        IDecompositionMethod method = DecompositionMethods.Find(name);
        DecompositionSite site = DecompositionSite.Find(s_graph)[1];
        var calibrator = new Calibrator(s_graph, new CountedImages(), CalibrationOptions.Default, [site]);
        LayerSamples samples = calibrator.Next(null, Token)[0];
        LayerStatistics statistics = samples.Accumulate();
        DecompositionRequest Request(int rank) => new(site.Fold()[0], rank) { Statistics = statistics, Samples = samples };

        Assert.All(
            method.DecomposeAll(Request(4)).Select((result, i) => (result, rank: i + 1)),
            all =>
            {
                DecompositionResult one = method.Decompose(Request(all.rank));
                Assert.Equal(one.Pair.Expand().Weights.Values.ToArray(), all.result.Pair.Expand().Weights.Values.ToArray());
                Assert.Equal(one.RelativeError, all.result.RelativeError);
            });
    }

    private static DecompositionTrials NewTrials(ICalibrationImages images) => new(s_graph, images, CalibrationOptions.Default);

    private static DecompositionOptions Options(ICalibrationImages images, DecompositionTrials? trials, double speedup) =>
        new() { TargetSpeedup = speedup, LargestRank = 2, Images = images, Trials = trials };

    private static NetworkDecomposition Decompose(ICalibrationImages images, DecompositionTrials? trials, double speedup = 1.5) =>
        NetworkDecomposer.Decompose(s_graph, Options(images, trials, speedup), cancellation: Token);

    private static Graph Network()
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 3, 8, 8));
        ValueHandle stem = Layer(x, "stem", 3, 1).Relu();
        ValueHandle first = Layer(stem, "first", 4, 2).Relu();
        return x.Builder.Build(Layer(first, "second", 4, 3).Relu().Add(Layer(stem, "beside", 4, 4)));
    }

    private static ValueHandle Layer(ValueHandle x, string name, int inputs, int seed)
    {
        var random = new Random(seed);
        float[] weights = [.. Enumerable.Range(0, 4 * inputs * 9).Select(_ => random.NextSingle() - 0.5f)];
        return x.Convolution(Tensor.FromFloats(new Shape(4, inputs, 3, 3), weights), null, Window.Square(3, padding: 1), name: name);
    }

    private sealed class CountedImages(int count = 12) : ICalibrationImages
    {
        private readonly RandomImages _images = new(count);
        private int _reads;

        public int Reads
        {
            get => _reads;
            set => _reads = value;
        }

        public int Count => _images.Count;

        public void Read(int index, Span<float> nchw)
        {
            Interlocked.Increment(ref _reads);
            _images.Read(index, nchw);
        }
    }
}
