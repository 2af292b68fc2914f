using DwEngine.Kernels.Pooling;

namespace DwEngine.Kernels.Reference;

/// <summary>Average pooling, naive.</summary>
internal static class AveragePoolReference
{
    /// <summary>
    /// Pools <paramref name="planes"/> (batch times channels) images of <paramref name="height"/> x <paramref name="width"/>.
    /// </summary>
    /// <param name="window">The pooling window.</param>
    /// <param name="counted">The padding whose taps the divisor counts.</param>
    /// <param name="planes">Batch times channels.</param>
    /// <param name="height">Rows of the input.</param>
    /// <param name="width">Columns of the input.</param>
    /// <param name="input">Planes x height x width.</param>
    /// <param name="output">Planes x output height x output width.</param>
    public static void Run(
        Window window, CountedPadding counted, int planes, int height, int width, ReadOnlySpan<float> input, Span<float> output)
    {
        int outputHeight = window.OutputHeight(height), outputWidth = window.OutputWidth(width);
        for (int plane = 0; plane < planes; plane++)
        {
            for (int oy = 0; oy < outputHeight; oy++)
            {
                for (int ox = 0; ox < outputWidth; ox++)
                {
                    double sum = 0;
                    int count = 0;
                    for (int ky = 0; ky < window.KernelHeight; ky++)
                    {
                        long y = ((long)oy * window.StrideY) - window.PadTop + ((long)ky * window.DilationY);
                        for (int kx = 0; kx < window.KernelWidth; kx++)
                        {
                            long x = ((long)ox * window.StrideX) - window.PadLeft + ((long)kx * window.DilationX);
                            if (y >= 0 && y < height && x >= 0 && x < width)
                            {
                                sum += input[(int)(((((long)plane * height) + y) * width) + x)];
                            }

                            if (y >= -counted.Top && y - counted.Bottom < height && x >= -counted.Left && x - counted.Right < width)
                            {
                                count++;
                            }
                        }
                    }

                    output[(((plane * outputHeight) + oy) * outputWidth) + ox] = (float)(sum / count);
                }
            }
        }
    }
}
