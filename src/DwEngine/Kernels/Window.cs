namespace DwEngine.Kernels;

/// <summary>How much padding a window has.</summary>
public enum PaddingMode
{
    /// <summary>As much as the window says.</summary>
    Explicit,

    /// <summary>As much as makes the input's length over the stride, rounded up; an odd pixel goes behind the image.</summary>
    SameUpper,

    /// <summary>As much as makes the input's length over the stride, rounded up; an odd pixel goes before the image.</summary>
    SameLower,

    /// <summary>
    /// As much as the window says, and what a last position needs that lies partly beyond it (ONNX, attribute <c>ceil_mode</c>). A position
    /// that would begin behind the image does not count.
    /// </summary>
    Ceiling,
}

/// <summary>How a convolution or pooling window moves over an image: all lengths in pixels, y before x.</summary>
/// <param name="KernelHeight">Rows of the kernel.</param>
/// <param name="KernelWidth">Columns of the kernel.</param>
/// <param name="StrideY">Rows between neighbouring outputs.</param>
/// <param name="StrideX">Columns between neighbouring outputs.</param>
/// <param name="PadTop">Rows of padding above the image.</param>
/// <param name="PadLeft">Columns of padding left of the image.</param>
/// <param name="PadBottom">Rows of padding below the image.</param>
/// <param name="PadRight">Columns of padding right of the image.</param>
/// <param name="DilationY">Rows between neighbouring taps.</param>
/// <param name="DilationX">Columns between neighbouring taps.</param>
/// <param name="Padding">Whether the padding depends on the image's size; <see cref="For"/> tells how much it is.</param>
public readonly record struct Window(
    int KernelHeight,
    int KernelWidth,
    int StrideY = 1,
    int StrideX = 1,
    int PadTop = 0,
    int PadLeft = 0,
    int PadBottom = 0,
    int PadRight = 0,
    int DilationY = 1,
    int DilationX = 1,
    PaddingMode Padding = PaddingMode.Explicit)
{
    /// <summary>A square window with equal stride, padding and dilation in both directions.</summary>
    public static Window Square(int kernel, int stride = 1, int padding = 0, int dilation = 1) =>
        new(kernel, kernel, stride, stride, padding, padding, padding, padding, dilation, dilation);

    /// <summary>The number of taps: rows times columns of the kernel.</summary>
    public int Taps => KernelHeight * KernelWidth;

    /// <summary>Whether each output sees exactly the input at its own place.</summary>
    public bool IsPointwise => this with { Padding = PaddingMode.Explicit } == Square(1);

    /// <summary>Output rows for an input of <paramref name="height"/> rows; zero or less if the window does not fit.</summary>
    public int OutputHeight(int height) => Rows(height).Outputs;

    /// <summary>Output columns for an input of <paramref name="width"/> columns; zero or less if the window does not fit.</summary>
    public int OutputWidth(int width) => Columns(width).Outputs;

    /// <summary>The same window with the padding that it has on an image of a certain size.</summary>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Columns of the image.</param>
    public Window For(int height, int width)
    {
        if (Padding == PaddingMode.Explicit)
        {
            return this;
        }

        (int top, int bottom, _) = Rows(height);
        (int left, int right, _) = Columns(width);
        return this with { PadTop = top, PadLeft = left, PadBottom = bottom, PadRight = right, Padding = PaddingMode.Explicit };
    }

    /// <summary>Throws unless kernel, stride and dilation are positive and padding is not negative.</summary>
    /// <exception cref="ShapeException">A length is out of range.</exception>
    public void Validate()
    {
        if (KernelHeight < 1 || KernelWidth < 1 || StrideY < 1 || StrideX < 1 || DilationY < 1 || DilationX < 1
            || PadTop < 0 || PadLeft < 0 || PadBottom < 0 || PadRight < 0)
        {
            throw new ShapeException($"Kernel, stride and dilation must be at least 1 and padding at least 0; found {this}.");
        }
    }

    /// <summary>Kernel and stride alone, such as <c>3x3, stride 2</c>.</summary>
    internal string Brief
    {
        get
        {
            string text = $"{KernelHeight}x{KernelWidth}";
            return StrideY == 1 && StrideX == 1 ? text
                : StrideY == StrideX ? $"{text}, stride {StrideY}"
                : $"{text}, stride {StrideY}x{StrideX}";
        }
    }

    /// <summary>
    /// The lengths that differ from a dense window, such as <c>3x3 stride 2x2 padding 1,1,1,1</c> (top, left, bottom, right).
    /// </summary>
    public override string ToString()
    {
        string text = $"{KernelHeight}x{KernelWidth}";
        text += StrideY == 1 && StrideX == 1 ? "" : $" stride {StrideY}x{StrideX}";
        text += PadTop == 0 && PadLeft == 0 && PadBottom == 0 && PadRight == 0 ? "" : $" padding {PadTop},{PadLeft},{PadBottom},{PadRight}";
        text += Padding == PaddingMode.Explicit ? "" : $" {Padding}";
        return text + (DilationY == 1 && DilationX == 1 ? "" : $" dilation {DilationY}x{DilationX}");
    }

    private (int Before, int After, int Outputs) Rows(int height) =>
        Resolve(Padding, height, PadTop, PadBottom, KernelHeight, StrideY, DilationY);

    private (int Before, int After, int Outputs) Columns(int width) =>
        Resolve(Padding, width, PadLeft, PadRight, KernelWidth, StrideX, DilationX);

    private static (int Before, int After, int Outputs) Resolve(
        PaddingMode mode, int length, int before, int after, int kernel, int stride, int dilation)
    {
        long span = ((long)dilation * (kernel - 1)) + 1, room = (long)length + before + after - span;
        switch (mode)
        {
            case PaddingMode.Explicit:
                return (before, after, room < 0 ? 0 : checked((int)((room / stride) + 1)));
            case PaddingMode.Ceiling:
                if (room < 0)
                {
                    return (before, after, 0);
                }

                long outputs = ((room + stride - 1) / stride) + 1;
                outputs -= (outputs - 1) * stride >= (long)length + before ? 1 : 0;
                long needed = ((outputs - 1) * stride) + span - length - before;
                return (before, checked((int)Math.Max(needed, 0)), checked((int)outputs));
            default:
                long same = ((long)length + stride - 1) / stride;
                int total = checked((int)Math.Max(((same - 1) * stride) + span - length, 0)), half = total / 2;
                return mode == PaddingMode.SameUpper ? (half, total - half, (int)same) : (total - half, half, (int)same);
        }
    }
}
