namespace DwEngine.Kernels.Pooling;

/// <summary>Pooling of every plane by a window.</summary>
/// <param name="Planes">Images x channels.</param>
/// <param name="InputHeight">Rows of a plane.</param>
/// <param name="InputWidth">Columns of a plane.</param>
/// <param name="Window">Kernel, stride, padding and dilation.</param>
internal abstract record PoolProblem(int Planes, int InputHeight, int InputWidth, Window Window);

/// <summary>The largest value under each window; padding never wins.</summary>
internal sealed record MaxPoolProblem(int Planes, int InputHeight, int InputWidth, Window Window)
    : PoolProblem(Planes, InputHeight, InputWidth, Window)
{
    /// <summary>
    /// Whether a window is 3x3 with stride 2 and, on planes of any size, has at most one row or column of padding on each side. Each
    /// position then has its middle within the plane, so that <see cref="MaxPoolRow{TVector}"/> computes it.
    /// </summary>
    public static bool IsRowByRow(in Window window)
    {
        // Rounding up adds at most one row to what the window says.
        int mostBehind = window.Padding == PaddingMode.Ceiling ? 0 : 1;
        bool isSame = window.Padding is PaddingMode.SameUpper or PaddingMode.SameLower;
        return (isSame || (Math.Max(window.PadTop, window.PadLeft) <= 1 && Math.Max(window.PadBottom, window.PadRight) <= mostBehind))
            && window with { PadTop = 0, PadLeft = 0, PadBottom = 0, PadRight = 0, Padding = PaddingMode.Explicit }
                == Window.Square(3, stride: 2);
    }
}

/// <summary>The rows and columns of padding that a mean counts as zeros.</summary>
/// <param name="Top">Rows above the image.</param>
/// <param name="Left">Columns left of the image.</param>
/// <param name="Bottom">Rows below the image.</param>
/// <param name="Right">Columns right of the image.</param>
internal readonly record struct CountedPadding(int Top, int Left, int Bottom, int Right)
{
    /// <summary>No padding counts.</summary>
    public static CountedPadding None => default;

    /// <summary>The taps at a row of the output that count.</summary>
    public int Rows(in Window window, int row, int height) => TapRange
        .At(row, window.StrideY, window.PadTop - Top, window.KernelHeight, window.DilationY, (long)height + Top + Bottom).Count;

    /// <summary>The taps at a column of the output that count.</summary>
    public int Columns(in Window window, int column, int width) => TapRange
        .At(column, window.StrideX, window.PadLeft - Left, window.KernelWidth, window.DilationX, (long)width + Left + Right).Count;
}

/// <summary>The mean under each window.</summary>
/// <param name="Planes">Images x channels.</param>
/// <param name="InputHeight">Rows of a plane.</param>
/// <param name="InputWidth">Columns of a plane.</param>
/// <param name="Window">Kernel, stride, padding and dilation.</param>
/// <param name="Counted">Padding that counts as zeros; the mean is over this and the pixels that exist.</param>
internal sealed record AveragePoolProblem(int Planes, int InputHeight, int InputWidth, Window Window, CountedPadding Counted)
    : PoolProblem(Planes, InputHeight, InputWidth, Window);

/// <summary>The mean of every plane.</summary>
/// <param name="Planes">Images x channels.</param>
/// <param name="PlaneLength">Pixels of a plane.</param>
internal sealed record GlobalAveragePoolProblem(int Planes, int PlaneLength);
