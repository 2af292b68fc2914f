using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Onnx.Export;
using DwEngine.PyTorch.Writing;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.PyTorch.Tests;

/// <summary>Layers as PyTorch has them.</summary>
public class LayerTests
{
    private static readonly Random s_random = new(3);

    private static readonly Dictionary<string, Func<ValueHandle, ValueHandle>> s_layers = new()
    {
        ["clip_below"] = x => x.Clip(-0.5, double.PositiveInfinity),
        ["clip_above"] = x => x.Clip(double.NegativeInfinity, 0.25),
        ["clip_both"] = x => x.Clip(-0.25, 0.5),
        ["shuffle"] = x => x.ChannelShuffle(3),
        ["modulo"] = x => x.Modulo(Number(x, 0.3f)),
        ["modulo_negative"] = x => x.Modulo(Number(x, -0.3f)),
        ["remainder"] = x => x.Modulo(Number(x, 0.3f), isTruncated: true),
        ["maximum"] = x => x.Then(new Binary("Max"), Number(x, 0.1f)).Then(new Binary("Min"), x.Builder.Constant(Random(1, 6, 1, 1))),
        ["power_of_negative"] = x => Number(x, -2f).Then(new Binary("Pow"), x.Then(new Unary("Round"))),
        ["prelu"] = x => x.Then(new Binary("PRelu"), x.Builder.Constant(Random(6, 1, 1))),
        ["number_of_more_axes"] = x => x.Squeeze([0]).Add(x.Builder.Constant(Random(1, 1, 1, 1))),
        ["group_norm"] = x => x.GroupNorm(3, Random(6), Random(6)),
        ["layer_norm"] = x => x.Then(new LayerNorm(-2)),
        ["layer_norm_scaled"] = x => x.Then(new LayerNorm(-2), x.Builder.Constant(Random(6, 8)), x.Builder.Constant(Random(6, 8))),
        ["instance_norm"] = x => x.Then(new InstanceNorm()),
        ["local_response"] = x => x.Then(new LocalResponseNorm(3, 0.5, 0.75, 2)),
        ["batch_norm"] = x => x.Then(new BatchNorm(Random(6), Random(6), Random(6), Positive(6), 1e-3)),
        ["batch_norm_rows"] = x => x.Reshape([0, -1]).Slice([0], [6], [1])
            .Then(new BatchNorm(Random(6), Random(6), Random(6), Positive(6))),
        ["softmax"] = x => x.Then(new Softmax(1)),
        ["softmax_rest"] = x => x.Then(new Softmax(1, flattens: true)),
        ["log_softmax"] = x => x.Then(new LogSoftmax(-1)),
        ["hardmax"] = x => x.Then(new Hardmax(1)),
        ["hardmax_rest"] = x => x.Then(new Hardmax(1, flattens: true)),
        ["rows"] = x => x.FullyConnected(Random(3, 8), Random(3)),
        ["product"] = x => x.Then(new MatrixProduct(), x.Builder.Constant(Random(8, 5))),
        ["dilated_mean"] = x => x.AveragePool(Window.Square(2, padding: 1, dilation: 2)),
        ["mean_ceiling"] = x => x.AveragePool(new Window(3, 3, 2, 2, Padding: PaddingMode.Ceiling), countIncludePad: false),
        ["mean_ceiling_padded"] = x => x.AveragePool(new Window(3, 3, 2, 2, 1, 1, 1, 1, Padding: PaddingMode.Ceiling)),
        ["mean_padded"] = x => x.AveragePool(Window.Square(3, 1, 1), countIncludePad: false),
        ["mean_uneven"] = x => x.AveragePool(new Window(3, 3, 1, 2, 0, 1, 1, 1), countIncludePad: false),
        ["mean_uneven_counted"] = x => x.AveragePool(new Window(3, 3, 1, 2, 0, 1, 1, 1)),
        ["mean_same"] = x => x.AveragePool(new Window(3, 3, 2, 2, Padding: PaddingMode.SameUpper), countIncludePad: false),
        ["max_ceiling"] = x => x.MaxPool(new Window(3, 3, 2, 2, 1, 1, 1, 1, Padding: PaddingMode.Ceiling)),
        ["max_uneven"] = x => x.MaxPool(new Window(3, 2, 2, 1, 1, 0, 0, 1, 1, 2)),
        ["max_same"] = x => x.MaxPool(new Window(3, 3, 2, 2, Padding: PaddingMode.SameLower)),
        ["same_padding"] = x => x.Convolution(Random(4, 6, 3, 3), Random(4), new Window(3, 3, 2, 2, Padding: PaddingMode.SameLower)),
        ["same_dense"] = x => x.Convolution(Random(4, 6, 3, 5), Random(4), new Window(3, 5, Padding: PaddingMode.SameUpper)),
        ["uneven"] = x => x.Convolution(Random(4, 3, 3, 3), null, new Window(3, 3, 2, 1, 0, 1, 1, 2), 2),
        ["transposed"] = x => Transposed(x, new Window(3, 3, 2, 2, 1, 1, 1, 1), (1, 1)),
        ["transposed_uneven"] = x => Transposed(x, new Window(3, 3, 2, 2, 1, 0, 0, 1), (0, 1)),
        ["transposed_same"] = x => Transposed(x, new Window(3, 3, 2, 2, Padding: PaddingMode.SameUpper), default),
        ["transposed_sized"] = x => x.Then(new ConvTranspose(Random(6, 4, 3, 3), null, Window.Square(3, 2), outputSize: (12, 16))),
        ["pad"] = x => x.Pad([0, 1, 0, -2], [0, 0, 3, 1], PadMode.Constant, 0.5),
        ["reflect"] = x => x.Pad([0, 0, 1, 2], [0, 0, 2, 1], PadMode.Reflect),
        ["edge"] = x => x.Pad([0, 0, 1, 2], [0, 0, 2, 1], PadMode.Edge),
        ["reversed"] = x => x.Slice([-1], [int.MinValue], [3], [-2]),
        ["sliced"] = x => x.Slice([1, -3], [-1, int.MaxValue], [2, 3], [2, 1]),
        ["halves"] = x => x.Split([2, 4])[1],
        ["thirds"] = x => x.Split([2, 2, 2])[1],
        ["gathered"] = x => x.Then(new Gather(1), x.Builder.Constant(Whole([3], 4, -1, 0))),
        ["gathered_one"] = x => x.Then(new Gather(1), x.Builder.Constant(Whole([], -2))),
        ["gathered_places"] = x => x.Then(new GatherND(), x.Builder.Constant(Whole([2, 3], 0, 1, 2, 0, -1, 3))),
        ["gathered_elements"] = x => x.Then(new GatherElements(3), x.Builder.Constant(Whole([1, 6, 6, 1], [.. Enumerable.Range(-8, 36)
            .Select(i => (long)(i % 8))]))),
        ["linear"] = x => Resized(x, new() { Mode = ResizeMode.Linear, Axes = [2, -1] }, 2, 1.5f),
        ["corners"] = x => Resized(x, new() { Mode = ResizeMode.Linear, Coordinates = ResizeCoordinates.AlignCorners }, 1, 1, 2, 1.5f),
        ["cubic"] = x => Resized(x, new() { Mode = ResizeMode.Cubic }, 1, 1, 2, 1.5f),
        ["nearest"] = x => Resized(x, new(), 1, 1, 2, 3),
        ["nearest_floor"] = x => Resized(
            x, new() { Coordinates = ResizeCoordinates.Asymmetric, Rounding = ResizeRounding.Floor }, 1, 1, 1.5f, 2),
        ["nearest_exact"] = x => Resized(x, new() { Rounding = ResizeRounding.RoundPreferCeil }, 1, 1, 1.5f, 0.5f),
        ["no_reduction"] = x => x.Then(new Reduce("SumSquare", [], isIdentityWithoutAxes: true)),
        ["cumulative"] = x => x.CumulativeSum(2),
        ["cumulative_reverse"] = x => x.Then(new CumulativeSum(2, isExclusive: true, isReverse: true)),
        ["nan"] = x => x.IsNaN().Not().Cast(ElementType.Float32),
        ["block"] = x => x.SpaceToDepth(2).DepthToSpace(2),
        ["block_crd"] = x => x.SpaceToDepth(2).DepthToSpace(2, columnRowDepth: true),
        ["residual"] = x => x.Convolution(Random(6, 6, 1, 1), null, Window.Square(1)).Add(x).HardSwish(),
        ["leaky"] = x => x.Convolution(Random(4, 6, 1, 1), Random(4), Window.Square(1)).LeakyRelu(0.1),
        ["global_max"] = x => x.Then(new GlobalMaxPool()),
        ["global"] = x => x.Then(new GlobalAveragePool()),
        ["largest"] = x => x.Builder.Apply(new TopK(3, 3), [x])[0],
        ["last_place"] = x => x.Then(ArgExtreme.Largest(3, takesLast: true)).Cast(ElementType.Float32),
        ["place"] = x => x.Then(ArgExtreme.Smallest(1, keepsAxis: false)).Cast(ElementType.Float32),
        ["places"] = x => x.Then(new MaxPoolIndices(Window.Square(2, 2))).Cast(ElementType.Float32),
        ["chosen"] = x => x.Builder.Apply(new Where(), [x.Then(new Comparison("Less"), Number(x, 0.2f)), x, x.Then(new Unary("Neg"))])[0],
        ["whole_division"] = x => x.Then(new Binary("Mul"), Number(x, 9f)).Cast(ElementType.Int32)
            .Then(new Binary("Div"), x.Builder.Constant(Whole32(4))).Cast(ElementType.Float32),
        ["quantized"] = x => x.Builder.Apply(
            new DequantizeLinear(),
            [
                x.Builder.Apply(new QuantizeLinear(), [x, Number(x, 0.01f), Zero(x)])[0], Number(x, 0.01f), Zero(x),
            ])[0],
        ["computed_shape"] = x => x.Then(new Reshape(), x.Then(new ShapeOf(0, 2)).Then(new Concat(0), x.Builder.Constant(Whole([1], -1)))),
        ["filled"] = x => x.Add(x.Then(new ShapeOf()).Then(new ConstantOfShape(TestTensors.Of(new Shape(1), 0.5f)))),
        ["tiled"] = x => x.Then(new Tile(), x.Builder.Constant(Whole([4], 1, 2, 1, 1))),
        ["expanded"] = x => x.Then(new GlobalAveragePool()).Then(new Expand(1, 6, 3, 2)),
        ["flat_behind"] = x => x.Then(new Flatten(2)).Reshape([1, -1]),
        ["constant_twice"] = x => Twice(x, x.Builder.Constant(Random(1, 6, 1, 8))),
        ["silu_of_parts"] = x => x.Then(new Binary("Mul"), x.Then(new Unary("Sigmoid"))),
    };

    [Fact]
    public void All_give_what_the_engine_gives()
    {
        using var run = new TorchRun();
        foreach ((string name, Func<ValueHandle, ValueHandle> layer) in s_layers)
        {
            ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 6, 6, 8));
            run.Add(name, x.Builder.Build(("y", layer(x))), trains: false);
        }

        foreach (string kind in FunctionForms.All.Select(form => form.Kind))
        {
            // Each function where it is defined.
            double low = kind is "Log" or "Sqrt" or "Reciprocal" ? 0.1 : kind == "Acosh" ? 1.1 : -0.9, high = kind == "Acosh" ? 3 : 0.9;
            ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 2, 8, 8));
            run.Add($"function_{kind}", x.Builder.Build(("y", x.Clip(low, high).Then(new Unary(kind)))), trains: false);
        }

        foreach (string operation in (string[])["Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSumExp", "LogSum"])
        {
            ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 6, 4, 3));
            ValueHandle positive = x.Clip(0.1, 2);
            run.Add(
                $"reduce_{operation}",
                x.Builder.Build(
                    ("some", positive.Then(new Reduce(operation, [1, -1], keepsAxes: false))),
                    ("all", positive.Then(new Reduce(operation)))),
                trains: false);
        }

        ValueHandle bytes = new GraphBuilder().Input("x", new Shape(1, 3, 4, 4), ElementType.UInt8);
        run.Add(
            "bytes", bytes.Builder.Build(("y", bytes.Then(ConvertElements.Normalization([0.5f, 0.4f, 0.3f], [0.2f, 0.3f, 0.4f])))),
            trains: false);
        run.Check();
    }

    [Fact]
    public void A_tensor_that_two_layers_share_is_one_in_the_module()
    {
        Tensor shared = Random(6, 6, 3, 3);
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 6, 8, 8));
        Graph graph = x.Builder.Build(
            ("y", x.Convolution(shared, Random(6), Window.Square(3, 1, 1), name: "first")
                .Convolution(shared, Random(6), Window.Square(3, 1, 1), name: "second")));
        using var run = new TorchRun();
        run.Add("tied", graph);
        Assert.Contains("self.second.weight = self.first.weight", File.ReadAllText(Path.Combine(run.Folder, "tied.py")));
        run.Check();
    }

    [Fact]
    public void Every_kind_that_ONNX_has_is_known() => Assert.Equal(LayerExports.Kinds.Order(), LayerForms.Kinds.Order());

    private static ValueHandle Number(ValueHandle x, float value) => x.Builder.Constant(TestTensors.Of(new Shape(), value));

    private static ValueHandle Zero(ValueHandle x) => x.Builder.Constant(Tensor.FromBytes(ElementType.UInt8, new Shape(), [100]));

    private static ValueHandle Twice(ValueHandle x, ValueHandle constant) => x.Add(constant).Then(new Binary("Mul"), constant);

    private static ValueHandle Transposed(ValueHandle x, Window window, (int Y, int X) more) =>
        x.Then(new ConvTranspose(Random(6, 4, 3, 3), Random(8), window, 2, more));

    private static ValueHandle Resized(ValueHandle x, ResizeOptions options, params float[] scales) =>
        x.Builder.Apply(new Resize(options), [x, x.Builder.Constant(TestTensors.Of(new Shape(scales.Length), scales))])[0];

    private static Tensor Whole(int[] shape, params long[] values) => Tensor.FromBytes(
        ElementType.Int64, new Shape(shape), System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    private static Tensor Whole32(int value) => Tensor.FromBytes(ElementType.Int32, new Shape(), BitConverter.GetBytes(value));

    private static Tensor Positive(int length) => TestTensors.Random(s_random, new Shape(length), 0.5f, 2);

    private static Tensor Random(params int[] dimensions) => TestTensors.Random(s_random, new Shape(dimensions));
}

/// <summary>Layers by value.</summary>
internal static class LayerHandles
{
    /// <summary>Applies a layer of one output.</summary>
    public static ValueHandle Then(this ValueHandle first, Layer layer, params ValueHandle[] others) =>
        first.Builder.Apply(layer, [first, .. others])[0];
}
