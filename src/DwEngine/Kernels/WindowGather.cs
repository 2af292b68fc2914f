using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels;

/// <summary>
/// Rearranges the rows of an input plane so that every tap of a window becomes a stream over the output's pixels: for each kernel column one copy
/// of the plane, shifted and subsampled as that column sees it, with the padding filled in. The taps of one kernel column share the copy and differ by
/// whole rows, so the copies are <c>KernelWidth</c> times the plane, not <c>KernelHeight * KernelWidth</c> times as in im2col.
/// </summary>
/// <remarks>
/// <para>With stride s and dilation d, tap (ky, kx) at output row y reads input row <c>y*s + ky*d - pad</c>. Writing <c>ky*d = q*s + f</c> with
/// <c>0 &lt;= f &lt; s</c>, rows with the same phase f lie s apart, so in a copy that holds only that phase the tap is the stream that begins q rows down.</para>
/// <para>Columns are alike: <c>kx*d - pad = q*s + f</c>. Of the kernel columns with one phase, that with q = 0 (the base) is read from the plane; the others are the base's copy moved by
/// q pixels as one stream, after which the few pixels at the rows' ends that came from a neighbouring row are replaced by padding.</para>
/// </remarks>
internal sealed unsafe class WindowGather
{
    private readonly Window _window;
    private readonly int _inputHeight;
    private readonly int _inputWidth;
    private readonly int _outputWidth;
    private readonly int[] _phases;
    private readonly int[] _firstQuotient;
    private readonly int[] _quotientSpan;
    private readonly int[] _phaseOfRow;
    private readonly Column[] _columns;
    private readonly int _slack;

    public WindowGather(Window window, int inputHeight, int inputWidth)
    {
        _window = window;
        _inputHeight = inputHeight;
        _inputWidth = inputWidth;
        _outputWidth = window.OutputWidth(inputWidth);
        int[] taps = [.. Enumerable.Range(0, window.KernelHeight).Select(ky => ky * window.DilationY)];
        _phases = [.. taps.Select(t => t % window.StrideY).Distinct().Order()];
        _phaseOfRow = [.. taps.Select(t => Array.IndexOf(_phases, t % window.StrideY))];
        _firstQuotient = [.. _phases.Select(f => taps.Where(t => t % window.StrideY == f).Min() / window.StrideY)];
        _quotientSpan = [.. _phases.Select((f, i) => (taps.Where(t => t % window.StrideY == f).Max() / window.StrideY) - _firstQuotient[i])];
        _columns = Columns();
        _slack = PlaneLayout.RoundUp(_columns.Max(c => c.Base >= 0 ? Math.Abs(c.Quotient) : 0));
    }

    /// <summary>Floats of all copies of one plane for <paramref name="outputRows"/> rows of output, with slack on either side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Length(int outputRows) =>
        checked(PlaneLayout.RoundUp(_window.KernelWidth * ColumnLength(outputRows)) + (2 * _slack) + (4 * PlaneLayout.ReadAhead));

    /// <summary>Where the stream of tap (<paramref name="ky"/>, <paramref name="kx"/>) begins within the copies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int TapOffset(int ky, int kx, int outputRows)
    {
        int phase = _phaseOfRow[ky];
        int rows = (ky * _window.DilationY / _window.StrideY) - _firstQuotient[phase];
        for (int i = 0; i < phase; i++)
        {
            rows += outputRows + _quotientSpan[i];
        }

        return _slack + (kx * ColumnLength(outputRows)) + (rows * _outputWidth);
    }

    /// <summary>Makes the copies for the output rows from <paramref name="firstRow"/>.</summary>
    /// <param name="plane">The input plane; no read leaves it.</param>
    /// <param name="firstRow">The first output row.</param>
    /// <param name="outputRows">Output rows.</param>
    /// <param name="padding">The value outside the plane.</param>
    /// <param name="target">Receives <see cref="Length"/> floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TSimd, TVector>(float* plane, int firstRow, int outputRows, float padding, float* target)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int length = ColumnLength(outputRows);
        int rows = length / Math.Max(1, _outputWidth);
        target += _slack;
        for (int kx = 0; kx < _columns.Length; kx++)
        {
            if (_columns[kx].Base < 0)
            {
                ReadColumn<TSimd, TVector>(_columns[kx], plane, firstRow, outputRows, padding, target + (kx * length));
            }
        }

        for (int kx = 0; kx < _columns.Length; kx++)
        {
            Column column = _columns[kx];
            if (column.Base >= 0)
            {
                float* copy = target + (kx * length);
                Copy<TSimd, TVector>(target + (column.Base * length) + column.Quotient, copy, length);
                FillColumns(copy, rows, 0, column.Begin, padding);
                FillColumns(copy, rows, column.End, _outputWidth, padding);
            }
        }
    }

    // The kernel columns, each with the output pixels that see the plane through it, and with the column of which it is a moved copy.
    private Column[] Columns()
    {
        var columns = new Column[_window.KernelWidth];
        for (int kx = 0; kx < columns.Length; kx++)
        {
            int shift = (kx * _window.DilationX) - _window.PadLeft;
            int begin = Math.Clamp(CeilingDivide(-shift, _window.StrideX), 0, _outputWidth);
            int end = Math.Clamp(CeilingDivide(_inputWidth - shift, _window.StrideX), begin, _outputWidth);
            int quotient = shift >= 0 ? shift / _window.StrideX : -CeilingDivide(-shift, _window.StrideX);
            columns[kx] = new Column(shift, quotient, begin, end, -1);
        }

        for (int kx = 0; kx < columns.Length; kx++)
        {
            Column column = columns[kx];
            int phase = column.Shift - (column.Quotient * _window.StrideX);
            int origin = Array.FindIndex(columns, c => c.Shift == phase);
            // What the column sees must all be in the base's copy.
            if (origin >= 0 && origin != kx && column.End + column.Quotient <= columns[origin].End)
            {
                columns[kx] = column with { Base = origin };
            }
        }

        return columns;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadColumn<TSimd, TVector>(Column column, float* plane, int firstRow, int outputRows, float padding, float* target)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        float* planeEnd = plane + ((nint)_inputHeight * _inputWidth);
        bool isWhole = _window.StrideX == 1 && _window.StrideY == 1 && column is { Shift: 0 } && _outputWidth == _inputWidth;
        for (int phase = 0; phase < _phases.Length; phase++)
        {
            int rows = outputRows + _quotientSpan[phase];
            int inputRow = ((firstRow + _firstQuotient[phase]) * _window.StrideY) + _phases[phase] - _window.PadTop;
            int above = Math.Clamp(CeilingDivide(-inputRow, _window.StrideY), 0, rows);
            int inside = Math.Clamp(CeilingDivide(_inputHeight - inputRow, _window.StrideY), above, rows) - above;
            inside = column.Begin == column.End ? 0 : inside;
            float* source = plane + ((nint)(inputRow + (above * _window.StrideY)) * _inputWidth) + column.Shift + (column.Begin * _window.StrideX);
            Fill<TSimd, TVector>(target, above * _outputWidth, padding);
            target += above * _outputWidth;
            if (isWhole)
            {
                CopyWithin<TSimd, TVector>(source, planeEnd, target, inside * _inputWidth);
            }
            else
            {
                CopyRows<TSimd, TVector>(source, planeEnd, inside, target + column.Begin, column.End - column.Begin);
                FillColumns(target, inside, 0, column.Begin, padding);
                FillColumns(target, inside, column.End, _outputWidth, padding);
            }

            target += inside * _outputWidth;
            int below = rows - above - inside;
            Fill<TSimd, TVector>(target, below * _outputWidth, padding);
            target += below * _outputWidth;
        }
    }

    // Fill and the copies from the plane may write up to a vector beyond what they are asked for: what comes next is written later, and behind the last copy is slack.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Fill<TSimd, TVector>(float* target, int count, float value)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector vector = TSimd.Broadcast(value);
        for (int i = 0; i < count; i += TSimd.Lanes)
        {
            TSimd.Store(target + i, vector);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy<TSimd, TVector>(float* source, float* target, int count)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int i = 0;
        for (; i <= count - TSimd.Lanes; i += TSimd.Lanes)
        {
            TSimd.Store(target + i, TSimd.Load(source + i));
        }

        if (i < count)
        {
            TSimd.StorePartial(target + i, TSimd.Load(source + i), count - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillColumns(float* target, int rows, int begin, int end, float value)
    {
        if (begin == end)
        {
            return;
        }

        for (int row = 0; row < rows; row++, target += _outputWidth)
        {
            for (int x = begin; x < end; x++)
            {
                target[x] = value;
            }
        }
    }

    // Rows that lie StrideY apart in the plane, of which every StrideX-th float counts.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CopyRows<TSimd, TVector>(float* source, float* planeEnd, int rows, float* target, int count)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int stride = _window.StrideX, lanes = TSimd.Lanes;
        int reach = (count + lanes - 1) / lanes * lanes * stride;
        nint pitch = (nint)_window.StrideY * _inputWidth;
        for (int row = 0; row < rows; row++, source += pitch, target += _outputWidth)
        {
            if (stride == 2 && planeEnd - source >= reach)
            {
                for (int i = 0; i < count; i += lanes)
                {
                    TSimd.Store(target + i, TSimd.Even(TSimd.Load(source + (2 * i)), TSimd.Load(source + (2 * i) + lanes)));
                }
            }
            else if (stride == 1)
            {
                CopyWithin<TSimd, TVector>(source, planeEnd, target, count);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyWithin<TSimd, TVector>(float* source, float* planeEnd, float* target, int count)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int i = 0;
        for (; i < count && planeEnd - source - i >= TSimd.Lanes; i += TSimd.Lanes)
        {
            TSimd.Store(target + i, TSimd.Load(source + i));
        }

        for (; i < count; i += TSimd.Lanes)
        {
            TSimd.Store(target + i, TSimd.LoadPartial(source + i, (int)(planeEnd - source) - i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int ColumnLength(int outputRows)
    {
        int rows = 0;
        foreach (int span in _quotientSpan)
        {
            rows += outputRows + span;
        }

        return checked(rows * _outputWidth);
    }

    private static int CeilingDivide(int value, int divisor) => value <= 0 ? -(-value / divisor) : ((value - 1) / divisor) + 1;

    // Shift: kx*d - pad = Quotient * stride + phase. Base: the column whose copy, moved by Quotient, is this one's; -1 if it is read from the plane.
    private readonly record struct Column(int Shift, int Quotient, int Begin, int End, int Base);
}
