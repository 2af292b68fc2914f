using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;
using DwEngine.Tests.Planning;
using Xunit;
using static DwEngine.Testing.TestTensors;

namespace DwEngine.Tests.Graphs;

/// <summary>Layers with windows: padding that depends on the image, transposed convolutions, signals.</summary>
public class WindowLayerTests
{
    [Theory]
    [InlineData(PaddingMode.SameUpper, 5, 3, 2, 1, 1, 3)]
    [InlineData(PaddingMode.SameUpper, 4, 3, 2, 0, 1, 2)]
    [InlineData(PaddingMode.SameLower, 4, 3, 2, 1, 0, 2)]
    [InlineData(PaddingMode.SameUpper, 4, 1, 3, 0, 0, 2)]
    [InlineData(PaddingMode.Ceiling, 4, 3, 2, 0, 1, 2)]
    [InlineData(PaddingMode.Ceiling, 5, 3, 2, 0, 0, 2)]
    [InlineData(PaddingMode.Ceiling, 4, 1, 2, 0, 0, 2)]
    public void Padding_follows_from_the_image(PaddingMode mode, int length, int kernel, int stride, int before, int after, int outputs)
    {
        var window = new Window(kernel, kernel, stride, stride, Padding: mode);
        Window found = window.For(length, length);
        Assert.Equal(new Window(kernel, kernel, stride, stride, before, before, after, after), found);
        Assert.Equal(outputs, window.OutputHeight(length));
        Assert.Equal(outputs, found.OutputWidth(length));
    }

    [Fact]
    public void Rounding_up_leaves_out_a_position_behind_the_image()
    {
        var window = new Window(2, 2, 3, 3, 1, 1, 1, 1, Padding: PaddingMode.Ceiling);
        Assert.Equal(2, window.OutputHeight(5));
        Assert.Equal(3, window.OutputHeight(6));
    }

    [Fact]
    public void A_mean_counts_no_padding_that_rounding_up_adds()
    {
        Tensor output = new AveragePool(new Window(1, 3, StrideX: 2, PadLeft: 1, Padding: PaddingMode.Ceiling))
            .Reference([Of(new Shape(1, 1, 1, 4), 1, 2, 3, 6)])[0];
        Assert.Equal([1, 11f / 3, 6], new AveragePool(new Window(1, 3, StrideX: 2, PadLeft: 1, Padding: PaddingMode.Ceiling))
            .Reference([Of(new Shape(1, 1, 1, 5), 1, 2, 3, 6, 6)])[0].Floats.ToArray().Select(v => v));
        Assert.Equal([1, 11f / 3], output.Floats);
    }

    [Fact]
    public void Windows_agree_with_their_references() => LayerAgreement.ForAll(150, random =>
    {
        int height = random.Next(1, 14), width = random.Next(1, 14), groups = random.Next(1, 3), channels = groups * random.Next(1, 4);
        var shape = new Shape(random.Next(1, 3), channels, height, width);
        Window window = AnyWindow(random, (PaddingMode)random.Next(4));
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", shape);
        try
        {
            x = random.Next(5) switch
            {
                0 => x.Convolution(
                    Random(random, new Shape(groups * 2, channels / groups, window.KernelHeight, window.KernelWidth)),
                    null,
                    window,
                    groups),
                2 => x.MaxPoolIndices(window, random.Next(2) == 0),
                3 => x.GlobalMaxPool(),
                1 => x.AveragePool(window, random.Next(2) == 0),
                _ => x.MaxPool(window),
            };
        }
        catch (ShapeException)
        {
            // The window does not fit on the image, or sees padding only.
            return;
        }

        LayerAgreement.AssertAgrees(builder.Build(x), Random(random, shape), 1e-5);
    });

    [Fact]
    public void Transposed_convolutions_agree_with_their_reference() => LayerAgreement.ForAll(200, random =>
    {
        int groups = random.Next(1, 4), inputs = groups * random.Next(1, 4), outputs = random.Next(1, 4);
        var shape = new Shape(random.Next(1, 3), inputs, random.Next(1, 8), random.Next(1, 8));
        Window window = AnyWindow(random, (PaddingMode)random.Next(3));
        (int, int)? size = random.Next(4) == 0 ? (random.Next(1, 25), random.Next(1, 25)) : null;
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", shape);
        try
        {
            x = x.ConvTranspose(
                Random(random, new Shape(inputs, outputs, window.KernelHeight, window.KernelWidth)),
                random.Next(2) == 0 ? null : Random(random, new Shape(groups * outputs)),
                window,
                groups,
                (random.Next(3), random.Next(3)),
                size);
        }
        catch (ShapeException)
        {
            // Nothing is left of the output.
            return;
        }

        LayerAgreement.AssertAgrees(builder.Build(random.Next(2) == 0 ? x : x.Relu()), Random(random, shape), 1e-5);
    });

    [Fact]
    public void A_transposed_convolution_is_the_gradient_of_a_convolution()
    {
        // ONNX, test_convtranspose_autopad_same.
        var layer = new ConvTranspose(Ones(1, 2, 3, 3), null, new Window(3, 3, 2, 2, Padding: PaddingMode.SameUpper));
        Tensor output = layer.Reference([Counting(new Shape(1, 1, 3, 3))])[0];
        Assert.Equal(new Shape(1, 2, 6, 6), output.Shape);
        Assert.Equal(
            [0, 0, 1, 1, 3, 2, 0, 0, 1, 1, 3, 2, 3, 3, 8, 5, 12, 7, 3, 3, 7, 4, 9, 5, 9, 9, 20, 11, 24, 13, 6, 6, 13, 7, 15, 8],
            output.Floats[..36]);
    }

    [Fact]
    public void A_transposed_convolution_keeps_what_sees_no_input_apart_from_NaN()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(1, 1, 1, 2));
        Graph graph = builder.Build(x.ConvTranspose(Ones(1, 1, 1, 1), Of(new Shape(1), 7), new Window(1, 1, 2, 3)));
        Tensor output = LayerAgreement.AssertAgrees(graph, Of(new Shape(1, 1, 1, 2), 1, float.PositiveInfinity));
        Assert.Equal([8, 7, 7, float.PositiveInfinity], output.Floats);
    }

    [Fact]
    public void A_signal_is_an_image_of_one_row_and_takes_no_copy()
    {
        var random = new Random(1);
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(2, 3, 40));
        ValueHandle y = x.AsImageRow(row => row
            .Convolution(Random(random, new Shape(4, 3, 1, 5)), null, new Window(1, 5, StrideX: 2, Padding: PaddingMode.SameUpper))
            .MaxPool(new Window(1, 3))
            .AveragePool(new Window(1, 2, StrideX: 2)));
        Assert.Equal(new Shape(2, 4, 9), y.Shape);
        LayerAgreement.AssertAgrees(builder.Build(y), Random(random, x.Shape), 1e-5);
        Assert.Throws<ShapeException>(() => y.Reshape([2, 4, 3, 3]).AsImageRow(row => row));
    }

    private static Tensor Ones(params int[] dimensions)
    {
        var shape = new Shape(dimensions);
        return Of(shape, [.. Enumerable.Repeat(1f, (int)shape.ElementCount)]);
    }

    private static Window AnyWindow(Random random, PaddingMode mode) => new(
        random.Next(1, 5), random.Next(1, 5), random.Next(1, 5), random.Next(1, 5),
        random.Next(3), random.Next(3), random.Next(3), random.Next(3),
        random.Next(1, 4), random.Next(1, 4), mode);
}
