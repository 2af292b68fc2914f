using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Passes;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>Fully connected layers whose weights are stored in 16 bits.</summary>
public class LargeWeightsTests
{
    private static readonly ModelMemoryOptions s_half = new() { LargeWeights = ElementType.Float16 };

    [Theory]
    [InlineData(1f)]
    [InlineData(3e-20f)]
    [InlineData(4e5f)]
    public void Rounding_keeps_eleven_bits_of_all_but_the_smallest_weights(float largest)
    {
        var random = new Random(1);
        float[] weights = [.. Enumerable.Range(0, 4096).Select(_ =>
            largest * (random.NextSingle() - 0.5f) * MathF.Pow(2, -random.Next(40)))];
        var rounded = ScaledHalves.TryRound(Tensor.FromFloats(new Shape(64, 64), weights));
        Assert.NotNull(rounded);
        ReadOnlySpan<float> found = rounded.ToFloat32().Floats;
        double top = weights.Max(MathF.Abs), least = top * Math.ScaleB(1, -28);
        for (int i = 0; i < weights.Length; i++)
        {
            double allowed = Math.Abs(weights[i]) >= least ? Math.Abs(weights[i]) * Math.ScaleB(1, -11) : least;
            Assert.InRange(Math.Abs(found[i] - (double)weights[i]), 0, allowed);
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(0)]
    [InlineData(1e30f)]
    public void Weights_that_cannot_be_scaled_stay_as_they_are(float weight)
    {
        float[] weights = new float[256 * 64];
        weights[77] = weight;
        Assert.Null(ScaledHalves.TryRound(Tensor.FromFloats(new Shape(256, 64), weights)));
        using var model = new Model(Graph(Tensor.FromFloats(new Shape(256, 64), weights)), s_half);
        Assert.False(LayerOf(model).HasHalfWeights);
    }

    [Fact]
    public void They_take_half_the_memory_and_give_what_their_rounded_values_give()
    {
        Tensor weights = Weights(300, 500);
        using Model whole = new(Graph(weights)), half = new(Graph(weights), s_half);
        using Model rounded = new(Graph(ScaledHalves.TryRound(weights)!.ToFloat32()));
        Assert.True(LayerOf(half).HasHalfWeights);
        float[] input = [.. Enumerable.Range(0, 3 * 500).Select(i => MathF.Sin(i))];
        using Session exact = whole.CreateSession(), expected = rounded.CreateSession();
        float[] bits = TestModels.Compute(expected, input);
        for (int threads = 1; threads <= 3; threads++)
        {
            using Session session = half.CreateSession(new SessionOptions { Threads = threads });
            TestThreads.AssertSameBits(bits, TestModels.Compute(session, input));
        }

        float[] outputs = TestModels.Compute(exact, input);
        double largest = outputs.Max(MathF.Abs);
        Assert.All(outputs.Zip(bits), pair => Assert.InRange(Math.Abs(pair.First - (double)pair.Second), 0, largest * 2e-3));
        Assert.Contains(outputs.Zip(bits), pair => pair.First != pair.Second);
        Assert.InRange(half.PackedWeightBytes, 0, whole.PackedWeightBytes * 0.52);
    }

    [Fact]
    public void What_reads_the_network_sees_the_rounded_weights_in_Float32()
    {
        Tensor weights = Weights(256, 64);
        using var model = new Model(Graph(weights), s_half with { KeepsOriginal = false });
        var layer = LayerOf(model);
        Assert.True(layer.HasHalfWeights);
        Assert.Equal(ElementType.Float32, layer.Weights.Type);
        Assert.Equal(ScaledHalves.TryRound(weights)!.ToFloat32().Bytes, layer.Weights.Bytes);
        Assert.Equal(ElementType.Float32, layer.Parameters[0].Tensor.Type);
    }

    [Fact]
    public void Small_layers_stay_and_other_types_are_refused()
    {
        using var model = new Model(Graph(Weights(127, 128)), s_half);
        Assert.False(LayerOf(model).HasHalfWeights);
        using var large = new Model(Graph(Weights(128, 128)), s_half);
        Assert.True(LayerOf(large).HasHalfWeights);
        Assert.Equal(128 * 128, StoreLargeWeightsInHalf.FewestWeights);
        Assert.Throws<ArgumentException>(() => new ModelMemoryOptions { LargeWeights = ElementType.Int8 });
    }

    private static Graph Graph(Tensor weights)
    {
        var builder = new GraphBuilder();
        return builder.Build(builder.Input("x", new Shape(3, weights.Shape[1])).Apply(new FullyConnected(weights, null)));
    }

    private static Tensor Weights(int outputs, int inputs)
    {
        var random = new Random(2);
        return Tensor.FromFloats(
            new Shape(outputs, inputs), [.. Enumerable.Range(0, outputs * inputs).Select(_ => random.NextSingle() - 0.5f)]);
    }

    private static FullyConnected LayerOf(Model model) => (FullyConnected)model.Optimized.Nodes.Single().Layer;
}
