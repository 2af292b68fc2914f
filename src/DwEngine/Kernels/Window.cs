namespace DwEngine.Kernels;

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
    int DilationX = 1)
{
    /// <summary>A square window with equal stride, padding and dilation in both directions.</summary>
    public static Window Square(int kernel, int stride = 1, int padding = 0, int dilation = 1) =>
        new(kernel, kernel, stride, stride, padding, padding, padding, padding, dilation, dilation);

    /// <summary>The number of taps: rows times columns of the kernel.</summary>
    public int Taps => KernelHeight * KernelWidth;

    /// <summary>Whether each output sees exactly the input at its own place.</summary>
    public bool IsPointwise => this == Square(1);

    /// <summary>Output rows for an input of <paramref name="height"/> rows; zero or less if the window does not fit.</summary>
    public int OutputHeight(int height) => OutputLength(height + (long)PadTop + PadBottom, KernelHeight, StrideY, DilationY);

    /// <summary>Output columns for an input of <paramref name="width"/> columns; zero or less if the window does not fit.</summary>
    public int OutputWidth(int width) => OutputLength(width + (long)PadLeft + PadRight, KernelWidth, StrideX, DilationX);

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

    /// <summary>The lengths that differ from a dense window, such as <c>3x3 stride 2x2 padding 1,1,1,1</c> (top, left, bottom, right).</summary>
    public override string ToString()
    {
        string text = $"{KernelHeight}x{KernelWidth}";
        text += StrideY == 1 && StrideX == 1 ? "" : $" stride {StrideY}x{StrideX}";
        text += PadTop == 0 && PadLeft == 0 && PadBottom == 0 && PadRight == 0 ? "" : $" padding {PadTop},{PadLeft},{PadBottom},{PadRight}";
        return text + (DilationY == 1 && DilationX == 1 ? "" : $" dilation {DilationY}x{DilationX}");
    }

    private static int OutputLength(long padded, int kernel, int stride, int dilation)
    {
        long room = padded - ((long)dilation * (kernel - 1)) - 1;
        return room < 0 ? 0 : checked((int)((room / stride) + 1));
    }
}
