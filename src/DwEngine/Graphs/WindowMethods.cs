using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Graphs;

/// <summary>
/// Further fluent methods for layers with a window. They throw what the methods of <see cref="ValueHandle"/> throw.
/// </summary>
public static class WindowMethods
{
    /// <summary>Appends a <see cref="Layers.ConvTranspose"/>.</summary>
    /// <param name="x">The input.</param>
    /// <param name="weights">Input channels x output channels of a group x kernel height x kernel width, Float32.</param>
    /// <param name="bias">One value for each output channel, or null.</param>
    /// <param name="window">Kernel, stride, dilation and what is cut off the output.</param>
    /// <param name="groups">Groups of channels that do not see each other.</param>
    /// <param name="outputPadding">Rows and columns more at the end of the output.</param>
    /// <param name="outputSize">Rows and columns of the output, from which the padding follows; null if the padding is given.</param>
    /// <param name="name">The node's name; generated if null.</param>
    public static ValueHandle ConvTranspose(
        this ValueHandle x,
        Tensor weights,
        Tensor? bias,
        Window window,
        int groups = 1,
        (int Y, int X) outputPadding = default,
        (int Height, int Width)? outputSize = null,
        string? name = null) =>
        x.Apply("ConvTranspose", () => new ConvTranspose(weights, bias, window, groups, outputPadding, outputSize), name);

    /// <summary>Appends a <see cref="Layers.MaxPoolIndices"/>.</summary>
    public static ValueHandle MaxPoolIndices(this ValueHandle x, Window window, bool columnMajor = false, string? name = null) =>
        x.Apply("MaxPoolIndices", () => new MaxPoolIndices(window, columnMajor), name);

    /// <summary>Appends a <see cref="Layers.GlobalMaxPool"/>.</summary>
    public static ValueHandle GlobalMaxPool(this ValueHandle x, string? name = null) => x.Apply(new GlobalMaxPool(), name);

    /// <summary>
    /// Appends layers of images to a signal, N x C x W: it is an image of one row, N x C x 1 x W, and what comes of it a signal again. That
    /// moves nothing. Windows have 1 row, weights are output channels x input channels of a group x 1 x taps.
    /// </summary>
    /// <param name="x">The signal.</param>
    /// <param name="layers">Appends the layers; the result must have one row.</param>
    /// <exception cref="ShapeException">The value is no signal, or the result has several rows.</exception>
    public static ValueHandle AsImageRow(this ValueHandle x, Func<ValueHandle, ValueHandle> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        if (x.Shape.Rank != 3)
        {
            throw new ShapeException($"Expected a signal, N x C x W; found {x}.");
        }

        ValueHandle row = layers(x.Reshape([0, 0, 1, -1]));
        return row.Shape.Rank == 4 && row.Shape[2] == 1
            ? row.Reshape([0, 0, -1])
            : throw new ShapeException($"Expected a result of one row, N x C x 1 x W; found {row}.");
    }
}
