using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;
using DwEngine.Tests.Planning;
using Xunit;
using static DwEngine.Testing.TestTensors;

namespace DwEngine.Tests.Graphs;

/// <summary>Resizing: ONNX's own examples, and every mode against the reference.</summary>
public class ResizeTests
{
    private static readonly Tensor s_square = Of(new Shape(1, 1, 4, 4), [.. Enumerable.Range(1, 16).Select(i => (float)i)]);

    [Theory]
    [InlineData(ResizeRounding.Floor, ResizeCoordinates.AlignCorners, 1f, 1f, 1f, 2f, 2f, 3f, 3f, 4f)]
    [InlineData(ResizeRounding.RoundPreferCeil, ResizeCoordinates.Asymmetric, 1f, 2f, 2f, 3f, 3f, 4f, 4f, 4f)]
    [InlineData(ResizeRounding.Ceil, ResizeCoordinates.HalfPixel, 1f, 2f, 2f, 3f, 3f, 4f, 4f, 4f)]
    [InlineData(ResizeRounding.RoundPreferFloor, ResizeCoordinates.HalfPixel, 1f, 1f, 2f, 2f, 3f, 3f, 4f, 4f)]
    [InlineData(ResizeRounding.Floor, ResizeCoordinates.Asymmetric, 1f, 1f, 2f, 2f, 3f, 3f, 4f, 4f)]
    public void The_nearest_element_follows_the_rounding(ResizeRounding rounding, ResizeCoordinates coordinates, params float[] firstRow)
    {
        Tensor output = Run(s_square, new ResizeOptions { Rounding = rounding, Coordinates = coordinates }, Sizes(1, 1, 8, 8));
        Assert.Equal(new Shape(1, 1, 8, 8), output.Shape);
        Assert.Equal(firstRow, output.Floats[..8]);
    }

    [Fact]
    public void Linear_interpolation_is_as_the_examples_of_ONNX()
    {
        var linear = new ResizeOptions { Mode = ResizeMode.Linear };
        Tensor two = Of(new Shape(1, 1, 2, 4), 1, 2, 3, 4, 5, 6, 7, 8);
        Near(Run(two, linear, Scales(1, 1, 0.6f, 0.6f)), 2.6666665f, 4.3333331f);
        Near(Run(two, linear with { Coordinates = ResizeCoordinates.AlignCorners }, Scales(1, 1, 0.6f, 0.6f)), 1, 3.142857f);
        Near(
            Run(s_square, linear with { Coordinates = ResizeCoordinates.PytorchHalfPixel }, Sizes(1, 1, 3, 1)), 1.6666666f, 7, 12.333333f);
        Tensor small = Of(new Shape(1, 1, 2, 2), 1, 2, 3, 4);
        Near(
            Run(small, linear, Scales(1, 1, 2, 2)),
            1, 1.25f, 1.75f, 2, 1.5f, 1.75f, 2.25f, 2.5f, 2.5f, 2.75f, 3.25f, 3.5f, 3, 3.25f, 3.75f, 4);
        Near(
            Run(
                s_square,
                linear with { Coordinates = ResizeCoordinates.TfCropAndResize },
                Sizes(1, 1, 3, 3),
                Of(new Shape(8), 0, 0, 0.4f, 0.6f, 1, 1, 0.6f, 0.8f)),
            7.6000004f, 7.9f, 8.2f, 8.8f, 9.1f, 9.400001f, 10, 10.3f, 10.6f);
        Near(
            Run(
                s_square,
                linear with { Coordinates = ResizeCoordinates.TfCropAndResize, ExtrapolationValue = 10 },
                Sizes(1, 1, 3, 3),
                Of(new Shape(8), 0, 0, 0.4f, 0.6f, 1, 1, 1.2f, 1.7f)),
            7.6000004f, 10, 10, 12.400001f, 10, 10, 10, 10, 10);
        Near(Run(s_square, linear with { Antialias = true }, Scales(1, 1, 0.6f, 0.6f)), 2.875f, 4.5f, 9.375f, 11);
    }

    [Fact]
    public void Cubic_interpolation_is_as_the_examples_of_ONNX()
    {
        var cubic = new ResizeOptions { Mode = ResizeMode.Cubic };
        Near(
            Run(s_square, cubic, Scales(1, 1, 0.8f, 0.8f)),
            1.47119141f, 2.78125f, 4.08251953f, 6.71142578f, 8.02148438f, 9.32275391f, 11.91650391f, 13.2265625f, 14.52783203f);
        Near(
            Run(s_square, cubic with { CubicCoefficient = -0.5, ExcludeOutside = true }, Scales(1, 1, 0.8f, 0.8f)),
            1.36812675f, 2.6695014f, 4.0133367f, 6.57362535f, 7.875f, 9.2188353f, 11.94896657f, 13.25034122f, 14.59417652f);
        Near(
            Run(s_square, cubic with { Antialias = true }, Scales(1, 1, 0.6f, 0.6f)), 2.5180721f, 4.2858863f, 9.589329f, 11.357142f);
    }

    [Fact]
    public void Sizes_may_keep_the_aspect_ratio()
    {
        Tensor input = Counting(new Shape(1, 1, 2, 4));
        ResizeOptions options = new() { Axes = [2, 3] };
        Assert.Equal(new Shape(1, 1, 7, 8), Run(input, options, Sizes(7, 8)).Shape);
        Assert.Equal(new Shape(1, 1, 4, 8), Run(input, options with { Policy = AspectRatioPolicy.NotLarger }, Sizes(7, 8)).Shape);
        Assert.Equal(new Shape(1, 1, 7, 14), Run(input, options with { Policy = AspectRatioPolicy.NotSmaller }, Sizes(7, 8)).Shape);
        Assert.Equal(new Shape(1, 1, 1, 7), Run(Counting(new Shape(1, 1, 1, 10)), options, Scales(1, 0.7f)).Shape);
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        Assert.Throws<ShapeException>(() => Run(s_square, new ResizeOptions(), Sizes(1, 1, 8)));
        Assert.Throws<ShapeException>(() => Run(s_square, new ResizeOptions(), Sizes(1, 1, 0, 8)));
        Assert.Throws<ShapeException>(() => Run(s_square, new ResizeOptions(), Scales(1, 1, 0.1f, 1)));
        var cropped = new ResizeOptions { Coordinates = ResizeCoordinates.TfCropAndResize };
        Assert.Throws<ShapeException>(() => Run(s_square, cropped, Sizes(1, 1, 4, 4)));
    }

    [Fact]
    public void Every_mode_agrees_with_the_reference() => LayerAgreement.ForAll(200, random =>
    {
        var shape = new Shape([.. Enumerable.Range(0, random.Next(1, 6)).Select(i => random.Next(1, i > 1 ? 12 : 4))]);
        var options = new ResizeOptions
        {
            Mode = (ResizeMode)random.Next(3),
            Coordinates = (ResizeCoordinates)random.Next(7),
            Rounding = (ResizeRounding)random.Next(4),
            ExcludeOutside = random.Next(3) == 0,
            Antialias = random.Next(3) == 0,
            ExtrapolationValue = random.Next(2),
        };
        int[] sizes = [.. shape.Dimensions.ToArray().Select((size, axis) => axis > 1 || random.Next(4) == 0 ? random.Next(1, 20) : size)];
        ElementType type = options.Mode == ResizeMode.Nearest && random.Next(2) == 0 ? ElementType.Int64 : ElementType.Float32;
        float[] region =
            [.. Enumerable.Range(0, 2 * shape.Rank).Select(i => random.NextSingle() + (i < shape.Rank ? -0.3f : 0.3f))];
        Tensor target = LayoutGraphs.Integers(new Shape(sizes.Length), [.. sizes.Select(size => (long)size)]);
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", shape, type), how = builder.Constant(target);
        ValueHandle bounds = builder.Constant(Of(new Shape(region.Length), region));
        Graph graph = builder.Build(builder.Apply(new Resize(options), [x, how, bounds])[0]);
        LayerAgreement.AssertAgrees(graph, LayoutGraphs.Fill(random, type, shape), options.Mode == ResizeMode.Nearest ? 0 : 1e-5);
    });

    private static Tensor Run(Tensor input, ResizeOptions options, Tensor how, Tensor? region = null)
    {
        var layer = new Resize(options);
        Tensor[] inputs = region is null ? [input, how] : [input, how, region];
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", input.Shape, input.Type);
        ValueHandle[] others = [.. inputs[1..].Select(tensor => builder.Constant(tensor))];
        return LayerAgreement.AssertAgrees(builder.Build(builder.Apply(layer, [x, .. others])[0]), input, 1e-6);
    }

    private static Tensor Sizes(params long[] sizes) => LayoutGraphs.Integers(new Shape(sizes.Length), sizes);

    private static Tensor Scales(params float[] scales) => Of(new Shape(scales.Length), scales);

    private static void Near(Tensor actual, params float[] expected)
    {
        Assert.Equal(expected.Length, actual.Floats.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual.Floats[i], 1e-5f);
        }
    }
}
