using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;
using Xunit;
using static DwEngine.Testing.TestTensors;

namespace DwEngine.Tests.Graphs;

/// <summary>Every layer's naive reference on cases that were computed by hand.</summary>
public class LayerReferenceTests
{
    [Fact]
    public void Convolution_correlates_and_pads_with_zeros() => Expect(
        new Convolution(Of(new Shape(1, 1, 2, 2), 1, 2, 3, 4), Of(new Shape(1), 10), Window.Square(2, padding: 1)),
        Of(new Shape(1, 1, 2, 2), 1, 2, 3, 4),
        new Shape(1, 1, 3, 3),
        14, 21, 16,
        24, 40, 24,
        16, 21, 14);

    [Fact]
    public void Convolution_strides_and_dilates_each_direction_on_its_own() => Expect(
        new Convolution(Of(new Shape(1, 1, 2, 2), 1, 10, 100, 1000), null, new Window(2, 2, StrideY: 2, DilationX: 2)),
        Counting(new Shape(1, 1, 4, 4)),
        new Shape(1, 1, 2, 2),
        0 + 20 + 400 + 6000, 1 + 30 + 500 + 7000,
        8 + 100 + 1200 + 14000, 9 + 110 + 1300 + 15000);

    [Fact]
    public void Convolution_pads_each_side_on_its_own() => Expect(
        new Convolution(Of(new Shape(1, 1, 1, 2), 1, 10), null, new Window(1, 2, PadTop: 1, PadRight: 1)),
        Of(new Shape(1, 1, 1, 2), 3, 4),
        new Shape(1, 1, 2, 2),
        0, 0,
        43, 4);

    [Fact]
    public void Groups_of_a_convolution_do_not_see_each_other() => Expect(
        new Convolution(Of(new Shape(4, 1, 1, 1), 1, 2, 3, 4), null, Window.Square(1), groups: 2),
        Of(new Shape(2, 2, 1, 1), 1, 10, 5, 50),
        new Shape(2, 4, 1, 1),
        1, 2, 30, 40, 5, 10, 150, 200);

    [Fact]
    public void Convolution_sums_over_input_channels_and_clamps() => Expect(
        new Convolution(Of(new Shape(3, 2, 1, 1), 1, 1, -1, 0, 2, 2), null, Window.Square(1), epilogue: Clamp.Relu6),
        Of(new Shape(1, 2, 1, 1), 2, 3),
        new Shape(1, 3, 1, 1),
        5, 0, 6);

    [Fact]
    public void Batch_norm_uses_each_channels_statistics() => Expect(
        new BatchNorm(Of(new Shape(2), 2, 3), Of(new Shape(2), 1, -1), Of(new Shape(2), 4, 5), Of(new Shape(2), 3, 15), epsilon: 1),
        Of(new Shape(1, 2, 1, 2), 4, 8, 5, 13),
        new Shape(1, 2, 1, 2),
        1, 5, -1, 5);

    [Theory]
    [InlineData("Relu", 0f, 0f, 3f, 9f)]
    [InlineData("Relu6", 0f, 0f, 3f, 6f)]
    public void Activation_clamps(string function, params float[] expected) => Expect(
        new Unary(function), Of(new Shape(1, 4), -2, 0, 3, 9), new Shape(1, 4), expected);

    [Fact]
    public void Activation_keeps_NaN() => Expect(
        new Unary("Relu"), Of(new Shape(1, 2), float.NaN, 1), new Shape(1, 2), float.NaN, 1);

    [Fact]
    public void Max_pool_pads_with_minus_infinity() => Expect(
        new MaxPool(Window.Square(3, stride: 2, padding: 1)),
        Of(new Shape(1, 1, 3, 3), -9, -8, -7, -6, -5, -4, -3, -2, -1),
        new Shape(1, 1, 2, 2),
        -5, -4, -2, -1);

    [Fact]
    public void Max_pool_keeps_NaN() => Expect(
        new MaxPool(Window.Square(2)), Of(new Shape(1, 1, 2, 2), 1, float.NaN, 3, 4), new Shape(1, 1, 1, 1), float.NaN);

    [Theory]
    [InlineData(true, 4f / 4, 9f / 4)]
    [InlineData(false, 4f / 2, 9f / 2)]
    public void Average_pool_counts_padding_or_not(bool countIncludePad, params float[] expected) => Expect(
        new AveragePool(new Window(2, 2, StrideX: 2, PadTop: 1), countIncludePad),
        Of(new Shape(1, 1, 1, 4), 1, 3, 4, 5),
        new Shape(1, 1, 1, 2),
        expected);

    [Fact]
    public void Global_average_pool_is_the_mean_of_each_channel() => Expect(
        new GlobalAveragePool(), Of(new Shape(1, 2, 2, 2), 1, 2, 3, 6, -1, -1, -1, 5), new Shape(1, 2, 1, 1), 3, 0.5f);

    [Fact]
    public void Fully_connected_is_a_matrix_product() => Expect(
        new FullyConnected(Of(new Shape(2, 3), 1, 2, 3, 4, 5, 6), Of(new Shape(2), 100, 200)),
        Of(new Shape(2, 3), 1, 1, 1, 1, 0, -1),
        new Shape(2, 2),
        106, 215, 98, 198);

    [Fact]
    public void Softmax_of_large_values_does_not_overflow() => Expect(
        new Softmax(), Of(new Shape(2, 2), 1000, 1000, 0, MathF.Log(3)), new Shape(2, 2), 0.5f, 0.5f, 0.25f, 0.75f);

    [Fact]
    public void Channel_shuffle_interleaves_the_groups() => Expect(
        new ChannelShuffle(2), Counting(new Shape(2, 6, 1, 1)), new Shape(2, 6, 1, 1), 0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11);

    [Fact]
    public void Add_clamps_the_sum()
    {
        var shape = new Shape(1, 1, 1, 3);
        Tensor sum = new Binary("Add", Clamp.Relu).Reference([Of(shape, 1, -2, 3), Of(shape, 1, 1, 1)])[0];
        Assert.Equal([2, 0, 4], sum.Floats);
    }

    [Fact]
    public void Concat_and_split_are_each_others_inverse()
    {
        Tensor whole = Counting(new Shape(2, 5, 1, 2));
        ImmutableArray<Tensor> parts = new Split(1, 4).Reference([whole]);
        Assert.Equal([0, 1, 10, 11], parts[0].Floats);
        Assert.Equal(new Shape(2, 4, 1, 2), parts[1].Shape);
        Assert.Equal([2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19], parts[1].Floats);
        Assert.Equal(whole.Floats, new Concat().Reference([.. parts])[0].Floats);
    }

    [Fact]
    public void Flatten_and_identity_keep_the_elements()
    {
        Expect(new Flatten(), Counting(new Shape(2, 1, 1, 3)), new Shape(2, 3), 0, 1, 2, 3, 4, 5);
        Expect(new Identity(), Counting(new Shape(2, 3)), new Shape(2, 3), 0, 1, 2, 3, 4, 5);
    }

    private static void Expect(Layer layer, Tensor input, Shape shape, params float[] expected)
    {
        Assert.Equal([new Fact(input.Type, shape)], layer.Infer([input.Shape]));
        Tensor output = Assert.Single(layer.Reference([input]));
        Assert.Equal(shape, output.Shape);
        Assert.Equal(expected.Length, output.Floats.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], output.Floats[i], 1e-6f);
        }
    }
}
