namespace DwEngine.Vision.Png;

/// <summary>The filters that PNG applies to rows before compression (W3C PNG, section 9).</summary>
internal static class PngFilter
{
    /// <summary>Restores a row in place.</summary>
    /// <param name="filter">Which filter, as the row's first byte tells.</param>
    /// <param name="row">The row.</param>
    /// <param name="above">The restored row above it, at least as long; zeros above the first.</param>
    /// <param name="pixelBytes">Bytes of a pixel, at least 1.</param>
    /// <returns>False if there is no such filter.</returns>
    public static bool Undo(int filter, Span<byte> row, ReadOnlySpan<byte> above, int pixelBytes)
    {
        above = above[..row.Length];
        int first = Math.Min(pixelBytes, row.Length);
        switch (filter)
        {
            case 0:
                return true;
            case 1:
                for (int i = first; i < row.Length; i++)
                {
                    row[i] += row[i - pixelBytes];
                }

                return true;
            case 2:
                for (int i = 0; i < row.Length; i++)
                {
                    row[i] += above[i];
                }

                return true;
            case 3:
                for (int i = 0; i < first; i++)
                {
                    row[i] += (byte)(above[i] >> 1);
                }

                for (int i = first; i < row.Length; i++)
                {
                    row[i] += (byte)((row[i - pixelBytes] + above[i]) >> 1);
                }

                return true;
            case 4:
                for (int i = 0; i < first; i++)
                {
                    row[i] += above[i];
                }

                for (int i = first; i < row.Length; i++)
                {
                    row[i] += Paeth(row[i - pixelBytes], above[i], above[i - pixelBytes]);
                }

                return true;
            default:
                return false;
        }
    }

    private static byte Paeth(int left, int above, int corner)
    {
        int toLeft = Math.Abs(above - corner);
        int toAbove = Math.Abs(left - corner);
        int toCorner = Math.Abs(left + above - (2 * corner));
        return (byte)(toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner);
    }
}
