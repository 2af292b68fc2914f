using System.Collections.Immutable;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>What max and average pooling share: a window over each channel, of which every position must see a pixel.</summary>
public abstract class Pool : FloatLayer
{
    private protected Pool(Window window)
    {
        window.Validate();
        if ((long)window.KernelHeight * window.KernelWidth > int.MaxValue)
        {
            throw new ShapeException($"{window} has more taps than can be counted in 32 bits.");
        }

        Window = window;
    }

    /// <summary>Kernel, stride, padding and dilation.</summary>
    public Window Window { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [.. LayerAttribute.Of(Window)];

    /// <inheritdoc/>
    public override string Details => Window.Brief;

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        Shape input = inputs[0];
        LayerChecks.RequireImage(input);
        Shape output = LayerChecks.Slide(Window, input, input[1]);
        Window window = Window.For(input[2], input[3]);
        if (!SeesPixels(output[2], window.StrideY, window.PadTop, window.KernelHeight, window.DilationY, input[2])
            || !SeesPixels(output[3], window.StrideX, window.PadLeft, window.KernelWidth, window.DilationX, input[3]))
        {
            throw new ShapeException($"expected less padding: a position of {Window} on input {input} sees padding only.");
        }

        return [output];
    }

    private static bool SeesPixels(int outputs, int stride, int padding, int kernel, int dilation, int length)
    {
        // Among positions that begin within the image or behind it, the last is the worst.
        if (TapRange.At(outputs - 1, stride, padding, kernel, dilation, length).Count == 0)
        {
            return false;
        }

        // Positions that begin before the image differ in where their first tap within it lies. They repeat after as many as the taps'
        // distance, and of one round all fit only if they are no more than pixels, so that the loop is short.
        for (int o = 0; o < Math.Min(outputs, dilation) && (long)o * stride < padding; o++)
        {
            if (TapRange.At(o, stride, padding, kernel, dilation, length).Count == 0)
            {
                return false;
            }
        }

        return true;
    }
}
