using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DwEngine.Simd;

namespace DwEngine.Kernels;

/// <summary>
/// Rearranges the rows of an input plane so that every tap of a window becomes a stream over the output's pixels: for each kernel column
/// one copy of the plane, shifted and subsampled as that column sees it, with the padding filled in. The taps of one kernel column share
/// the copy and differ by whole rows, so the copies are <c>KernelWidth</c> times the plane, not <c>KernelHeight * KernelWidth</c> times as
/// in im2col.
/// </summary>
/// <remarks>
/// <para>With stride s and dilation d, tap (ky, kx) at output row y reads input row <c>y*s + ky*d - pad</c>. Writing <c>ky*d = q*s + f</c>
/// with <c>0 &lt;= f &lt; s</c>, rows with the same phase f lie s apart, so in a copy that holds only that phase the tap is the stream that
/// begins q rows down. A tap that lies further down than the block has rows shares none with the tap above it, so it gets rows of its own:
/// what lies between the two is not copied.</para>
/// <para>Columns are alike: <c>kx*d - pad = q*s + f</c>. Of the kernel columns with one phase, that with q = 0 (the base) is read from the
/// plane; the others are the base's copy moved by q pixels as one stream, after which the few pixels at the rows' ends that came from a
/// neighbouring row are replaced by padding.</para>
/// <para>A block is some whole rows of the output, or a part of one row if a whole row would take too much memory.</para>
/// </remarks>
internal sealed unsafe class WindowGather
{
    /// <summary>
    /// The most taps of a window that is gathered; each takes at least a vector of memory, whether it sees pixels or not.
    /// </summary>
    public const int MostTaps = 1 << 14;

    /// <summary>Floats that the copies for a part of a row are to take; see <see cref="BlockColumns"/>.</summary>
    public const int LargestPart = 64 * 1024;

    // Floats of a copy for each kernel column that stay in the first-level cache.
    private const int SmallBlock = 4096;

    // A multiple of the pixels of every tile.
    private const int ColumnStep = 48;

    private readonly Window _window;
    private readonly int _inputHeight;
    private readonly int _inputWidth;
    private readonly int _outputWidth;
    private readonly RowTap[] _rows;
    private readonly Column[] _columns;
    private readonly int _slack;

    /// <summary>Prepares the copies of planes of one size.</summary>
    /// <param name="window">A window that <see cref="Suits"/>.</param>
    /// <param name="inputHeight">Rows of a plane.</param>
    /// <param name="inputWidth">Columns of a plane.</param>
    public WindowGather(Window window, int inputHeight, int inputWidth)
    {
        _window = window;
        _inputHeight = inputHeight;
        _inputWidth = inputWidth;
        _outputWidth = window.OutputWidth(inputWidth);
        _rows = Rows();
        _columns = Columns();
        _slack = PlaneLayout.RoundUp(_columns.Max(c => c.Base >= 0 ? Math.Abs(c.Quotient) : 0));
    }

    /// <summary>Whether a window has few enough taps to be gathered.</summary>
    public static bool Suits(in Window window) => (long)window.KernelHeight * window.KernelWidth <= MostTaps;

    /// <summary>The block whose copies of one plane stay in the first-level cache, as far as the window lets them.</summary>
    public (int Rows, int Columns) PlaneBlock(int outputHeight)
    {
        int rows = (int)Math.Clamp(SmallBlock / ((long)_window.KernelWidth * _outputWidth), 1, outputHeight);
        while (rows > 1 && Length(rows, _outputWidth) > 4L * LargestPart)
        {
            rows /= 2;
        }

        return (rows, rows > 1 ? _outputWidth : BlockColumns(1, LargestPart));
    }

    /// <summary>
    /// The columns of a block of one row: all, or so many that the copies of a part of one row take about <paramref name="target"/> floats,
    /// if those of a whole row exceed four times that.
    /// </summary>
    /// <param name="planes">Planes that are gathered together.</param>
    /// <param name="target">Floats.</param>
    public int BlockColumns(int planes, int target)
    {
        if (planes * Length(1, _outputWidth) <= 4L * target)
        {
            return _outputWidth;
        }

        long perColumn = (long)planes * _window.KernelHeight * _window.KernelWidth;
        return (int)Math.Min(_outputWidth, Math.Max(1, target / (perColumn * ColumnStep)) * ColumnStep);
    }

    /// <summary>Floats of all copies of one plane for a block of output, with slack on either side.</summary>
    /// <param name="outputRows">Rows of the block.</param>
    /// <param name="columns">Columns of the block; all, or those of a part of one row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public long Length(int outputRows, int columns) =>
        checked(PlaneLayout.RoundUp(_window.KernelWidth * ColumnLength(outputRows, columns)) + (2L * _slack) + (4 * PlaneLayout.ReadAhead));

    /// <summary>Where the streams of all taps begin within the copies, tap by tap, kernel row after kernel row.</summary>
    public int[] TapOffsets(int outputRows, int columns)
    {
        int[] offsets = new int[_window.Taps];
        float** taps = (float**)NativeMemory.Alloc((nuint)offsets.Length, (nuint)sizeof(float*));
        Point(null, outputRows, columns, taps);
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = checked((int)((nint)taps[i] / sizeof(float)));
        }

        NativeMemory.Free(taps);
        return offsets;
    }

    /// <summary>Writes a pointer to the stream of each tap, kernel row after kernel row.</summary>
    /// <param name="copies">What <see cref="Run"/> has filled or will fill for a block of that size.</param>
    /// <param name="outputRows">Rows of the block.</param>
    /// <param name="columns">Columns of the block.</param>
    /// <param name="taps">Receives kernel height x kernel width pointers.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Point(float* copies, int outputRows, int columns, float** taps)
    {
        nint length = (nint)ColumnLength(outputRows, columns);
        copies += _slack;
        nint row = 0, end = 0;
        for (int i = 0; i < _rows.Length; i++)
        {
            row = _rows[i].Gap <= outputRows ? row + (nint)_rows[i].Gap : end;
            end = row + outputRows;
            float** target = taps + ((nint)_rows[i].KernelRow * _columns.Length);
            float* stream = copies + (row * columns);
            for (int kx = 0; kx < _columns.Length; kx++, stream += length)
            {
                target[kx] = stream;
            }
        }
    }

    /// <summary>Makes the copies for a block of output.</summary>
    /// <param name="plane">The input plane; no read leaves it.</param>
    /// <param name="block">The block.</param>
    /// <param name="padding">The value outside the plane.</param>
    /// <param name="target">Receives <see cref="Length"/> floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Run<TVector>(float* plane, OutputBlock block, float padding, float* target)
        where TVector : struct, IVector<TVector>
    {
        // A moved copy finds all that it sees in its base's only if that holds whole rows.
        int columns = block.Columns;
        bool hasWholeRows = columns == _outputWidth;
        int length = (int)ColumnLength(block.Rows, columns);
        int rows = length / columns;
        target += _slack;
        for (int kx = 0; kx < _columns.Length; kx++)
        {
            if (_columns[kx].Base < 0 || !hasWholeRows)
            {
                ReadColumn<TVector>(_columns[kx], plane, block, padding, target + ((nint)kx * length));
            }
        }

        for (int kx = 0; hasWholeRows && kx < _columns.Length; kx++)
        {
            Column column = _columns[kx];
            if (column.Base >= 0)
            {
                float* copy = target + ((nint)kx * length);
                Copy<TVector>(target + ((nint)column.Base * length) + column.Quotient, copy, length);
                FillColumns(copy, rows, columns, 0, column.Begin, padding);
                FillColumns(copy, rows, columns, column.End, columns, padding);
            }
        }
    }

    // The kernel rows in the order of their copies: phase by phase, and within a phase downwards.
    private RowTap[] Rows()
    {
        var rows = new RowTap[_window.KernelHeight];
        int[] order = [.. Enumerable.Range(0, rows.Length).OrderBy(ky => (long)ky * _window.DilationY % _window.StrideY).ThenBy(ky => ky)];
        for (int i = 0; i < rows.Length; i++)
        {
            long offset = (long)order[i] * _window.DilationY;
            bool isFirst = i == 0 || (offset - rows[i - 1].Offset) % _window.StrideY != 0;
            rows[i] = new RowTap(order[i], offset, isFirst ? long.MaxValue : (offset - rows[i - 1].Offset) / _window.StrideY);
        }

        return rows;
    }

    // The kernel columns, each with the output pixels that see the plane through it, and with the column of which it is a moved copy.
    private Column[] Columns()
    {
        var columns = new Column[_window.KernelWidth];
        var places = new Dictionary<long, int>();
        for (int kx = 0; kx < columns.Length; kx++)
        {
            long shift = ((long)kx * _window.DilationX) - _window.PadLeft;
            int begin = (int)Math.Clamp(CeilingDivide(-shift, _window.StrideX), 0, _outputWidth);
            int end = (int)Math.Clamp(CeilingDivide(_inputWidth - shift, _window.StrideX), begin, _outputWidth);
            columns[kx] = new Column(shift, 0, begin, end, -1);
            places.Add(shift, kx);
        }

        for (int kx = 0; kx < columns.Length; kx++)
        {
            Column column = columns[kx];
            long quotient = -CeilingDivide(-column.Shift, _window.StrideX);
            long phase = column.Shift - (quotient * _window.StrideX);
            // What the column sees must all be in the base's copy.
            if (column.Begin < column.End
                && places.TryGetValue(phase, out int origin) && origin != kx && column.End + quotient <= columns[origin].End)
            {
                columns[kx] = column with { Quotient = (int)quotient, Base = origin };
            }
        }

        return columns;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void ReadColumn<TVector>(in Column column, float* plane, OutputBlock block, float padding, float* target)
        where TVector : struct, IVector<TVector>
    {
        (int firstRow, int outputRows, int firstColumn, int columns) = block;
        float* planeEnd = plane + ((nint)_inputHeight * _inputWidth);
        int begin = Math.Clamp(column.Begin - firstColumn, 0, columns), end = Math.Clamp(column.End - firstColumn, begin, columns);
        bool isWhole = _window.StrideX == 1 && _window.StrideY == 1 && column.Shift == 0 && firstColumn == 0 && columns == _inputWidth;
        for (int i = 0; i < _rows.Length;)
        {
            long inputRow = ((long)firstRow * _window.StrideY) + _rows[i].Offset - _window.PadTop;
            int rows = outputRows;
            for (i++; i < _rows.Length && _rows[i].Gap <= outputRows; i++)
            {
                rows += (int)_rows[i].Gap;
            }

            int above = (int)Math.Clamp(CeilingDivide(-inputRow, _window.StrideY), 0, rows);
            int inside = (int)Math.Clamp(CeilingDivide(_inputHeight - inputRow, _window.StrideY), above, rows) - above;
            inside = begin == end ? 0 : inside;
            Fill<TVector>(target, above * columns, padding);
            target += (nint)above * columns;
            if (inside > 0)
            {
                long firstPixel = ((inputRow + ((long)above * _window.StrideY)) * _inputWidth)
                    + column.Shift + (((long)firstColumn + begin) * _window.StrideX);
                float* source = plane + (nint)firstPixel;
                if (isWhole)
                {
                    CopyWithin<TVector>(source, planeEnd, target, inside * columns);
                }
                else
                {
                    CopyRows<TVector>(source, planeEnd, inside, columns, target + begin, end - begin);
                    FillColumns(target, inside, columns, 0, begin, padding);
                    FillColumns(target, inside, columns, end, columns, padding);
                }
            }

            target += (nint)inside * columns;
            int below = rows - above - inside;
            Fill<TVector>(target, below * columns, padding);
            target += (nint)below * columns;
        }
    }

    // Fill and the copies from the plane may write up to a vector beyond what they are asked for: what comes next is written later, and
    // behind the last copy is slack.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Fill<TVector>(float* target, int count, float value)
        where TVector : struct, IVector<TVector>
    {
        TVector vector = TVector.Broadcast(value);
        for (int i = 0; i < count; i += TVector.Lanes)
        {
            TVector.Store(target + i, vector);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Copy<TVector>(float* source, float* target, int count)
        where TVector : struct, IVector<TVector>
    {
        int i = 0;
        for (; i <= count - TVector.Lanes; i += TVector.Lanes)
        {
            TVector.Store(target + i, TVector.Load(source + i));
        }

        if (i < count)
        {
            TVector.StorePartial(target + i, TVector.Load(source + i), count - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void FillColumns(float* target, int rows, int pitch, int begin, int end, float value)
    {
        if (begin == end)
        {
            return;
        }

        for (int row = 0; row < rows; row++, target += pitch)
        {
            for (int x = begin; x < end; x++)
            {
                target[x] = value;
            }
        }
    }

    // Rows that lie StrideY apart in the plane, of which every StrideX-th float counts.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void CopyRows<TVector>(float* source, float* planeEnd, int rows, int targetPitch, float* target, int count)
        where TVector : struct, IVector<TVector>
    {
        int stride = _window.StrideX, lanes = TVector.Lanes;
        long reach = 2L * ((count + lanes - 1) / lanes * lanes);
        nint pitch = (nint)_window.StrideY * _inputWidth;
        for (int row = 0; row < rows; row++, source += pitch, target += targetPitch)
        {
            if (stride == 2 && planeEnd - source >= reach)
            {
                for (int i = 0; i < count; i += lanes)
                {
                    TVector.Store(target + i, TVector.Even(TVector.Load(source + (2 * i)), TVector.Load(source + (2 * i) + lanes)));
                }
            }
            else if (stride == 1)
            {
                CopyWithin<TVector>(source, planeEnd, target, count);
            }
            else
            {
                for (int i = 0; i < count; i++)
                {
                    target[i] = source[(nint)i * stride];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void CopyWithin<TVector>(float* source, float* planeEnd, float* target, int count)
        where TVector : struct, IVector<TVector>
    {
        int i = 0;
        for (; i < count && planeEnd - source - i >= TVector.Lanes; i += TVector.Lanes)
        {
            TVector.Store(target + i, TVector.Load(source + i));
        }

        for (; i < count; i += TVector.Lanes)
        {
            TVector.Store(target + i, TVector.LoadPartial(source + i, (int)(planeEnd - source) - i));
        }
    }

    // Floats of the copy of one kernel column.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private long ColumnLength(int outputRows, int columns)
    {
        long rows = 0;
        for (int i = 0; i < _rows.Length; i++)
        {
            rows += Math.Min(_rows[i].Gap, outputRows);
        }

        return checked(rows * columns);
    }

    private static long CeilingDivide(long value, int divisor) => value <= 0 ? -(-value / divisor) : ((value - 1) / divisor) + 1;

    // Offset: input rows from the first kernel row, ky*d. Gap: rows of the copy from the tap above, of the same phase; the largest number
    // for the first of a phase.
    private readonly record struct RowTap(int KernelRow, long Offset, long Gap);

    // Shift: kx*d - pad = Quotient * stride + phase. Base: the column whose copy, moved by Quotient, is this one's; -1 if it is read from
    // the plane.
    private readonly record struct Column(long Shift, int Quotient, int Begin, int End, int Base);
}
