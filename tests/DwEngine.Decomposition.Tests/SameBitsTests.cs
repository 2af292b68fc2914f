using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Decomposition.Tests;

/// <summary>
/// Hashes of what whole networks compute. They stand here once for all instruction sets, and every leg of the test run compares with them;
/// so a change of bits on one CPU alone cannot pass. A change on all CPUs is to be announced: files and answers that people have kept
/// differ from then on.
/// </summary>
public class SameBitsTests
{
    // Weights and inputs come from Random with a seed, whose numbers are the same everywhere.
    private static readonly Dictionary<string, Func<Model>> s_networks = new()
    {
        ["every layer"] = EveryLayer,
        ["shufflenet"] = () => TestModels.ShuffleNet(),
        ["shufflenet for cifar"] = () => TestModels.ShuffleNet(StemKind.Cifar),
    };

    [Theory]
    [InlineData("every layer", 1, "B39C9375FAFEFBC1")]
    [InlineData("every layer", 3, "E5FA2A417F86AD84")]
    [InlineData("shufflenet", 1, "2EEA8E2A9AB3A29B")]
    [InlineData("shufflenet", 3, "3D9D8923C39E7884")]
    [InlineData("shufflenet for cifar", 1, "6E97B54D5A6FC912")]
    [InlineData("shufflenet for cifar", 3, "E74ACB24696C5A43")]
    public void A_network_computes_the_same_bits_on_every_CPU(string name, int batch, string expected) =>
        AssertHash(s_networks[name](), batch, expected);

    [SharedTheory]
    [InlineData("shufflenet_v2_x0_5", 1, "2EB19EB9C993E9EA")]
    [InlineData("shufflenet_v2_x0_5", 3, "12486F6DD30349C6")]
    [InlineData("shufflenet_v2_x0_5.legacy", 1, "2EB19EB9C993E9EA")]
    [InlineData("shufflenet_v2_x0_5.fp16.wrapped", 1, "8B879BD32871543F")]
    [InlineData("shufflenet_v2_x0_5_expanded", 1, "E224944BED3F6AE8")]
    [InlineData("shufflenet_v2_x0_5_expanded", 3, "E856B41FA2864280")]
    [InlineData("shufflenet_v2_x1_0", 1, "9375B593F865E7DC")]
    [InlineData("shufflenet_v2_x1_0", 3, "A00D1F673BE9CDC5")]
    [InlineData("cifar10_dw_x0_5", 1, "099F2D2B508D8EB5")]
    [InlineData("cifar10_dw_x0_5", 3, "D3E338C73926C245")]
    [InlineData("cifar10_expanded_x0_5", 1, "DF46E35C1A632AE2")]
    [InlineData("cifar10_expanded_x0_5", 3, "FC3F31B9F5FFDF19")]
    public void A_trained_network_computes_the_same_bits_on_every_CPU(string name, int batch, string expected)
    {
        bool isCifar = name.StartsWith("cifar", StringComparison.Ordinal);
        var metadata = isCifar ? new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar), InputSize = 32 }
            : new ModelMetadata();
        AssertHash(ModelFile.Load(SharedFolder.Require($"models/{name}.pth"), metadata), batch, expected);
    }

    [SharedFact]
    public void Every_trained_network_has_a_hash()
    {
        string[] names =
        [
            .. typeof(SameBitsTests).GetMethod(nameof(A_trained_network_computes_the_same_bits_on_every_CPU))!
                .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false)
                .Select(data => (string)((InlineDataAttribute)data).Data[0]!).Distinct(),
        ];
        IEnumerable<string> files = Directory.EnumerateFiles(SharedFolder.Require("models"), "*.pth")
            .Select(file => Path.GetFileNameWithoutExtension(file)!);
        Assert.Equal(files.Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("svd", "640945CE21F8CE28")]
    [InlineData("gsvd", "DBA57444F7B99B19")]
    [InlineData("inter-channel", "BA6DDA7C1EEC5E41")]
    [InlineData("channel", "639BD4AE6425B7F9")]
    [InlineData("channel-asymmetric", "A6CBFF486E389306")]
    [InlineData("multi-layer", "FBD7CDD3A8EC66FC")]
    [InlineData("joint", "D0C56B6435C6CD7C")]
    public void A_decomposition_gives_the_same_weights_on_every_CPU(string method, string expected)
    {
        SkipUnlessReproducible();
        ShuffleNetV2Dimensions architecture = ShuffleNetV2Weights.Tiny(
            StemKind.Cifar, "stage2.1.branch2.3", "stage3.0.branch1.0", "stage3.1.branch2.3");
        Graph graph = new ShuffleNetV2().Build(
            ShuffleNetV2Weights.Random(architecture),
            new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar), InputSize = 32 }).Graph;
        bool needsImages = method != "svd";
        var options = new DecompositionOptions { Method = method, Images = needsImages ? new RandomImages(8) : null };
        NetworkDecomposition result = NetworkDecomposer.Decompose(graph, options, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(3, result.Layers.Count(layer => layer.Decision == LayerDecision.Decomposed));
        using var hash = new BitHash();
        foreach (Convolution convolution in result.Graph.Nodes.Select(node => node.Layer).OfType<Convolution>())
        {
            hash.Add(convolution.Weights.Floats);
            hash.Add(convolution.Bias is null ? [] : convolution.Bias.Floats);
        }

        Assert.Equal(expected, hash.ToString());
    }

    [Fact]
    public void Probabilities_are_those_of_a_softmax_layer()
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 37));
        using Session session = new Model(x.Builder.Build(x.Softmax())).CreateSession();
        float[] logits = TestModels.Input(session), expected = TestModels.Compute(session, logits);
        float[] found = new float[logits.Length];
        Probabilities.FromLogits(logits, found);
        Assert.Equal(expected, found);
        Probabilities.FromLogits(logits, logits);
        Assert.Equal(expected, logits);
        Assert.Throws<ShapeException>(() => Probabilities.FromLogits(logits, found.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => Probabilities.FromLogits(logits.AsSpan(1), logits.AsSpan(0, 36)));
        Probabilities.FromLogits([], []);
    }

    private static void AssertHash(Model model, int batch, string expected)
    {
        SkipUnlessReproducible();
        foreach (Isa isa in Isas.Supported.Where(Isas.IsReproducible))
        {
            Shape shape = model.DefaultInputShape;
            var options = new SessionOptions { Isa = isa, Threads = 2, InputShape = new Shape([batch, .. shape.Dimensions[1..]]) };
            using Session session = model.CreateSession(options);
            float[] input = TestModels.Input(session), found = TestModels.Compute(session, input);
            Assert.Equal($"{isa} {expected}", $"{isa} {BitHash.Of(found)}");
            if (batch > 1)
            {
                using Session alone = model.CreateSession(new SessionOptions { Isa = isa, Threads = 1 });
                float[] first = TestModels.Compute(alone, input.AsSpan(0, input.Length / batch));
                Assert.Equal(BitHash.Of(found.AsSpan(0, found.Length / batch)), BitHash.Of(first));
            }
        }
    }

    private static void SkipUnlessReproducible() =>
        Assert.SkipUnless(Isas.IsReproducible(Isas.Best), "This process has vectors without a fused multiply-add.");

    // Sizes that are no multiple of any vector, and each kind of layer and kernel at least once.
    private static Model EveryLayer()
    {
        var random = new Random(19);
        var builder = new GraphBuilder();
        ValueHandle x = Convolve(builder.Input("x", new Shape(1, 3, 75, 69)), 16, Window.Square(3, 2, 1), 1);
        x = x.Relu().MaxPool(Window.Square(3, 2, 1));
        x = Norm(Convolve(x, 16, Window.Square(3, 1, 1), 16));
        (ValueHandle left, ValueHandle right) = x.Split(7, 9);
        x = Convolve(left, 9, Window.Square(1), 1).Add(Norm(right).Relu6()).Concat(left).ChannelShuffle(2);
        x = Convolve(x, 32, Window.Square(3, 2, 1), 16).MaxPool(new Window(2, 3, 1, 1));
        x = x.AveragePool(Window.Square(3, 1, 1), countIncludePad: false);
        x = Convolve(Convolve(x, 32, Window.Square(5, 1, 2), 32).Relu(), 24, new Window(3, 2, 1, 1, 1, 1, 1, 1, 1, 2), 2);
        ValueHandle pooled = x.GlobalAveragePool().Flatten();
        x = pooled.FullyConnected(Draw(new Shape(37, 24)), Draw(new Shape(37))).Relu();
        return new Model(builder.Build(x.FullyConnected(Draw(new Shape(19, 37)), Draw(new Shape(19))).Softmax()));

        Tensor Draw(Shape shape, float low = -1, float high = 1) => TestTensors.Random(random, shape, low, high);

        ValueHandle Convolve(ValueHandle input, int outputs, Window window, int groups) => input.Apply(new Convolution(
            Draw(new Shape(outputs, input.Shape[1] / groups, window.KernelHeight, window.KernelWidth), -0.3f, 0.3f),
            Draw(new Shape(outputs)),
            window,
            groups));

        ValueHandle Norm(ValueHandle input)
        {
            var shape = new Shape(input.Shape[1]);
            return input.BatchNorm(Draw(shape, 0.5f, 2), Draw(shape), Draw(shape), Draw(shape, 0.3f, 2));
        }
    }
}
