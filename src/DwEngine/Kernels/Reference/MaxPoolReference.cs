namespace DwEngine.Kernels.Reference;

/// <summary>Max pooling, naive. Padding counts as minus infinity and NaN wins over every number.</summary>
internal static class MaxPoolReference
{
    /// <summary>
    /// Pools <paramref name="planes"/> (batch times channels) images of <paramref name="height"/> x <paramref name="width"/>.
    /// </summary>
    public static void Run(Window window, int planes, int height, int width, ReadOnlySpan<float> input, Span<float> output)
    {
        int outputHeight = window.OutputHeight(height), outputWidth = window.OutputWidth(width);
        for (int plane = 0; plane < planes; plane++)
        {
            for (int oy = 0; oy < outputHeight; oy++)
            {
                for (int ox = 0; ox < outputWidth; ox++)
                {
                    float largest = float.NegativeInfinity;
                    for (int ky = 0; ky < window.KernelHeight; ky++)
                    {
                        long y = ((long)oy * window.StrideY) - window.PadTop + ((long)ky * window.DilationY);
                        for (int kx = 0; kx < window.KernelWidth; kx++)
                        {
                            long x = ((long)ox * window.StrideX) - window.PadLeft + ((long)kx * window.DilationX);
                            if (y >= 0 && y < height && x >= 0 && x < width)
                            {
                                largest = MathF.Max(largest, input[(int)(((((long)plane * height) + y) * width) + x)]);
                            }
                        }
                    }

                    output[(((plane * outputHeight) + oy) * outputWidth) + ox] = largest;
                }
            }
        }
    }
}
