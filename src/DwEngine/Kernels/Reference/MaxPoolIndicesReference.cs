namespace DwEngine.Kernels.Reference;

/// <summary>Where max pooling finds its values, naive.</summary>
internal static class MaxPoolIndicesReference
{
    /// <summary>
    /// Finds the number, among all elements, of the largest under each window; of equal ones the first, and of NaN the first.
    /// </summary>
    /// <param name="window">The pooling window, of which every position sees a pixel.</param>
    /// <param name="columnMajor">Whether the pixels of a plane are numbered column by column.</param>
    /// <param name="planes">Batch times channels.</param>
    /// <param name="height">Rows of the input.</param>
    /// <param name="width">Columns of the input.</param>
    /// <param name="input">Planes x height x width.</param>
    public static long[] Run(Window window, bool columnMajor, int planes, int height, int width, ReadOnlySpan<float> input)
    {
        var output = new List<long>();
        for (int plane = 0; plane < planes; plane++)
        {
            ReadOnlySpan<float> pixels = input.Slice(plane * height * width, height * width);
            for (int oy = 0; oy < window.OutputHeight(height); oy++)
            {
                for (int ox = 0; ox < window.OutputWidth(width); ox++)
                {
                    (int Y, int X)? best = null;
                    for (int tap = 0; tap < window.Taps; tap++)
                    {
                        int y = (oy * window.StrideY) - window.PadTop + (tap / window.KernelWidth * window.DilationY);
                        int x = (ox * window.StrideX) - window.PadLeft + (tap % window.KernelWidth * window.DilationX);
                        if (y >= 0 && y < height && x >= 0 && x < width
                            && (best is not { } known || IsAbove(pixels[(y * width) + x], pixels[(known.Y * width) + known.X])))
                        {
                            best = (y, x);
                        }
                    }

                    (int row, int column) = best!.Value;
                    output.Add(((long)plane * height * width) + (columnMajor ? (column * height) + row : (row * width) + column));
                }
            }
        }

        return [.. output];
    }

    private static bool IsAbove(float value, float other) => value > other || (float.IsNaN(value) && !float.IsNaN(other));
}
