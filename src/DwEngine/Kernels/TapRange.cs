namespace DwEngine.Kernels;

/// <summary>
/// The taps of a window, along one axis, that fall on pixels at one position of the output: those from <paramref name="First"/> up to but
/// not including <paramref name="End"/>. The others fall on padding.
/// </summary>
/// <param name="First">The first tap on a pixel.</param>
/// <param name="End">The tap after the last on a pixel.</param>
/// <param name="FirstPixel">The pixel under the first tap; only meaningful if there is one.</param>
internal readonly record struct TapRange(int First, int End, long FirstPixel)
{
    /// <summary>The number of taps on pixels.</summary>
    public int Count => End - First;

    /// <summary>Finds the taps on pixels.</summary>
    /// <param name="position">The row or column of the output.</param>
    /// <param name="stride">Pixels between neighbouring positions.</param>
    /// <param name="padding">Pixels of padding before the first.</param>
    /// <param name="kernel">Taps.</param>
    /// <param name="dilation">Pixels between neighbouring taps.</param>
    /// <param name="length">Pixels.</param>
    public static TapRange At(int position, int stride, int padding, int kernel, int dilation, long length)
    {
        long origin = ((long)position * stride) - padding;
        long first = origin >= 0 ? 0 : Math.Min(kernel, (-origin + dilation - 1) / dilation);
        long end = origin >= length ? first : Math.Clamp((length - origin + dilation - 1) / dilation, first, kernel);
        return new((int)first, (int)end, origin + (first * dilation));
    }

    /// <summary>The taps of a window's rows that fall on pixels at a row of the output.</summary>
    public static TapRange Rows(in Window window, int row, int height) =>
        At(row, window.StrideY, window.PadTop, window.KernelHeight, window.DilationY, height);

    /// <summary>The taps of a window's columns that fall on pixels at a column of the output.</summary>
    public static TapRange Columns(in Window window, int column, int width) =>
        At(column, window.StrideX, window.PadLeft, window.KernelWidth, window.DilationX, width);
}
