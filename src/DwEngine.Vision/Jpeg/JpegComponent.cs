namespace DwEngine.Vision.Jpeg;

/// <summary>
/// One colour component of a JPEG frame: its sizes, what is decoded of it so far, and its samples around the rows in work.
/// </summary>
internal sealed class JpegComponent
{
    /// <summary>Coefficients of a block, and samples of one.</summary>
    public const int BlockLength = 64;

    /// <summary>Samples in a row or column of a block.</summary>
    public const int BlockSide = 8;

    // Rows of minimum coded units whose samples are kept: the one that is written out, and its neighbours, which smooth upsampling looks
    // at.
    private const int KeptRows = 3;

    private byte[] _samples = [];

    /// <summary>How scans name it.</summary>
    public required int Id { get; init; }

    /// <summary>Blocks in a row of a minimum coded unit: the horizontal sampling factor.</summary>
    public required int Horizontal { get; init; }

    /// <summary>Blocks in a column of a minimum coded unit: the vertical sampling factor.</summary>
    public required int Vertical { get; init; }

    /// <summary>Which quantisation table it names.</summary>
    public required int QuantisationTable { get; init; }

    /// <summary>Width in samples.</summary>
    public required int Width { get; init; }

    /// <summary>Height in samples.</summary>
    public required int Height { get; init; }

    /// <summary>Blocks in a row, up to a whole minimum coded unit.</summary>
    public required int PaddedBlocksWide { get; init; }

    /// <summary>Rows of blocks, up to a whole minimum coded unit.</summary>
    public required int PaddedBlocksHigh { get; init; }

    /// <summary>Blocks in a row that hold samples of the picture.</summary>
    public int BlocksWide => (Width + BlockSide - 1) / BlockSide;

    /// <summary>Rows of blocks that hold samples of the picture.</summary>
    public int BlocksHigh => (Height + BlockSide - 1) / BlockSide;

    /// <summary>Bytes of the coefficients of the whole component.</summary>
    public long CoefficientBytes => (long)PaddedBlocksWide * PaddedBlocksHigh * BlockLength * sizeof(short);

    /// <summary>Bytes of the samples that are kept at a time.</summary>
    public long SampleBytes => (long)PaddedBlocksWide * BlockSide * SampleRows;

    /// <summary>Coefficients of all blocks in natural order, block by block; empty when the blocks are not kept.</summary>
    public short[] Coefficients { get; private set; } = [];

    /// <summary>The quantisation table in natural order, as it was when the first scan of the component began; null before.</summary>
    public ushort[]? Quantisation { get; set; }

    /// <summary>For each coefficient in zigzag order, how many low bits are still missing; -1 before its first scan.</summary>
    public int[] MissingBits { get; } = CreateMissingBits();

    /// <summary>Tables of the scan in work.</summary>
    public HuffmanTable? DcTable { get; set; }

    /// <summary>Tables of the scan in work.</summary>
    public HuffmanTable? AcTable { get; set; }

    /// <summary>The previous block's first coefficient, from which the next one's is told.</summary>
    public int Prediction { get; set; }

    private int SampleRows => KeptRows * Vertical * BlockSide;

    /// <summary>Makes room for all coefficients.</summary>
    public void KeepCoefficients() => Coefficients = new short[CoefficientBytes / sizeof(short)];

    /// <summary>Makes room for the samples around the rows in work.</summary>
    public void KeepSamples() => _samples = new byte[SampleBytes];

    /// <summary>The coefficients of a block.</summary>
    public Span<short> Block(int column, int row) =>
        Coefficients.AsSpan(((row * PaddedBlocksWide) + column) * BlockLength, BlockLength);

    /// <summary>Turns a block's coefficients into samples.</summary>
    /// <returns>False if a coefficient is out of all range, as in damaged data.</returns>
    public bool Transform(ReadOnlySpan<short> coefficients, int column, int row)
    {
        int stride = PaddedBlocksWide * BlockSide;
        int first = (row * BlockSide % SampleRows * stride) + (column * BlockSide);
        return InverseDct.Transform(coefficients, Quantisation, _samples.AsSpan(first), stride);
    }

    /// <summary>A row of samples near those in work; beyond the top and the bottom, the outermost row.</summary>
    public ReadOnlySpan<byte> Row(int row)
    {
        int stride = PaddedBlocksWide * BlockSide;
        return _samples.AsSpan(Math.Clamp(row, 0, Height - 1) % SampleRows * stride, Width);
    }

    private static int[] CreateMissingBits()
    {
        int[] bits = new int[BlockLength];
        Array.Fill(bits, -1);
        return bits;
    }
}
