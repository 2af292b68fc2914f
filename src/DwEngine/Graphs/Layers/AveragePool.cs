using System.Collections.Concurrent;
using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;
using DwEngine.Kernels.Pooling;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>The mean under a window.</summary>
/// <param name="window">Kernel, stride, padding and dilation.</param>
/// <param name="countIncludePad">Whether padding counts as zeros (PyTorch's default) or not at all (ONNX's default).</param>
public sealed class AveragePool(Window window, bool countIncludePad = true) : Pool(window)
{
    // By channels: the weights are those that a plan's kernels were bound to.
    private readonly ConcurrentDictionary<int, Tensor> _weights = [];

    /// <inheritdoc/>
    public override string Kind => "AveragePool";

    /// <summary>Whether the divisor counts the taps that fall on padding.</summary>
    public bool CountIncludePad { get; } = countIncludePad;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [.. base.Attributes, new("count_include_pad", CountIncludePad)];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape input = inputs[0].Shape, shape = InferShapes([input])[0];
        float[] output = NewBuffer(shape);
        Window window = Window.For(input[2], input[3]);
        AveragePoolReference.Run(
            window, CountedPadding(window), input[0] * input[1], input[2], input[3], inputs[0].Floats, output);
        return [Tensor.FromFloats(shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape shape = lowering.InputShape(0);
        Window window = Window.For(shape[2], shape[3]);
        if (IsEvenlyWeighted(window))
        {
            Tensor weights = _weights.GetOrAdd(shape[1], EvenWeights);
            var geometry = new ConvolutionGeometry(shape[1], shape[1], shape[1], shape[2], shape[3], window);
            lowering.Emit(
                new ConvolutionProblem(weights, shape[0], geometry, weights, null, Activation.None),
                [lowering.Input(0)],
                lowering.Allocate(0));
            return;
        }

        lowering.Emit(
            new AveragePoolProblem(lowering.Input(0).Count, shape[2], shape[3], window, CountedPadding(window)),
            [lowering.Input(0)],
            lowering.Allocate(0));
    }

    // Whether it is a depthwise convolution of equal weights, of a window that has a kernel of its own there.
    private bool IsEvenlyWeighted(Window window) =>
        (window == Window.Square(3, stride: 1, padding: 1) || window == Window.Square(3, stride: 2, padding: 1))
        && CountedPadding(window) == new CountedPadding(window.PadTop, window.PadLeft, window.PadBottom, window.PadRight);

    private Tensor EvenWeights(int channels)
    {
        float[] values = new float[channels * Window.Taps];
        Array.Fill(values, 1f / Window.Taps);
        return Tensor.FromFloats(new Shape(channels, 1, Window.KernelHeight, Window.KernelWidth), values);
    }

    // What a last position needs beyond the padding that was asked for never counts.
    private CountedPadding CountedPadding(Window window) => !CountIncludePad ? Kernels.Pooling.CountedPadding.None
        : Window.Padding == PaddingMode.Ceiling ? new(Window.PadTop, Window.PadLeft, Window.PadBottom, Window.PadRight)
        : new(window.PadTop, window.PadLeft, window.PadBottom, window.PadRight);
}
