using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Tensors;

namespace DwEngine.Vision.Tests.Detection;

/// <summary>A detector without training, of FastestDet's form: each 16 x 16 block whose red is far above its other colours is an object of
/// class 1.</summary>
internal static class BlobDetector
{
    public const int Width = 128, Height = 64, Cell = 16;

    // A channel's answer is sigmoid(scale * (red - green) + shift), the means of a block, 0 to 1.
    private static readonly (float Scale, float Shift)[] s_channels =
        [(40, -20), (0, -30), (0, -30), (0, -30), (0, -30), (0, -30), (40, -20)];

    public static NetworkModel Model(ModelMetadata? metadata = null, float poison = 0)
    {
        float[] weights = new float[s_channels.Length * 3 * Cell * Cell];
        float[] bias = [.. s_channels.Select(channel => channel.Shift)];
        for (int channel = 0; channel < s_channels.Length; channel++)
        {
            weights.AsSpan(channel * 3 * Cell * Cell, Cell * Cell).Fill(poison == 0 ? Red(channel) : poison);
            weights.AsSpan(((channel * 3) + 1) * Cell * Cell, Cell * Cell).Fill(-Red(channel));
        }

        ValueHandle x = new GraphBuilder().Input("picture", new Shape(1, 3, Height, Width));
        ValueHandle y = x.Convolution(
            Tensor.FromFloats(new Shape(s_channels.Length, 3, Cell, Cell), weights),
            Tensor.FromFloats(new Shape(s_channels.Length), bias),
            Window.Square(Cell, stride: Cell));
        return new NetworkModel(x.Builder.Build(poison == 0 ? y.Sigmoid() : y), metadata ?? new ModelMetadata());

        static float Red(int channel) => s_channels[channel].Scale / (Cell * Cell);
    }

    /// <summary>A grey picture twice as large as the input, with one red block of the input's cells; none for a column below 0.</summary>
    public static RgbImage Picture(int column, int row)
    {
        byte[] pixels = new byte[3 * 4 * Width * Height];
        pixels.AsSpan().Fill(90);
        for (int y = column < 0 ? int.MaxValue : 2 * Cell * row; y < 2 * Cell * (row + 1); y++)
        {
            for (int x = 2 * Cell * column; x < 2 * Cell * (column + 1); x++)
            {
                int at = 3 * ((y * 2 * Width) + x);
                (pixels[at], pixels[at + 1], pixels[at + 2]) = (250, 10, 10);
            }
        }

        return new RgbImage(2 * Width, 2 * Height, pixels.AsSpan());
    }
}
