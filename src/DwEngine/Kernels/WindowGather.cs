using DwEngine.Simd;

namespace DwEngine.Kernels;

/// <summary>
/// Rearranges the rows of an input plane so that every tap of a window becomes a stream over the output's pixels: for each kernel column one copy
/// of the plane, shifted and subsampled as that column sees it, with the padding filled in. The taps of one kernel column share the copy and differ by
/// whole rows, so the copies are <c>KernelWidth</c> times the plane, not <c>KernelHeight * KernelWidth</c> times as in im2col.
/// </summary>
/// <remarks>
/// With stride s and dilation d, tap (ky, kx) at output row y reads input row <c>y*s + ky*d - pad</c>. Writing <c>ky*d = q*s + f</c> with
/// <c>0 &lt;= f &lt; s</c>, rows with the same phase f lie s apart, so in a copy that holds only that phase the tap is the stream that begins q rows down.
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
    }

    /// <summary>Floats of all copies of one plane for <paramref name="outputRows"/> rows of output, rounded up so that full vectors can be read.</summary>
    public int Length(int outputRows) => PlaneLayout.RoundUp(checked(_window.KernelWidth * ColumnLength(outputRows))) + (4 * PlaneLayout.ReadAhead);

    /// <summary>Where the stream of tap (<paramref name="ky"/>, <paramref name="kx"/>) begins within the copies.</summary>
    public int TapOffset(int ky, int kx, int outputRows)
    {
        int phase = _phaseOfRow[ky];
        int rows = (ky * _window.DilationY / _window.StrideY) - _firstQuotient[phase];
        for (int i = 0; i < phase; i++)
        {
            rows += outputRows + _quotientSpan[i];
        }

        return (kx * ColumnLength(outputRows)) + (rows * _outputWidth);
    }

    /// <summary>Makes the copies for the output rows from <paramref name="firstRow"/>.</summary>
    /// <param name="plane">The input plane; no read leaves it.</param>
    /// <param name="firstRow">The first output row.</param>
    /// <param name="outputRows">Output rows.</param>
    /// <param name="padding">The value outside the plane.</param>
    /// <param name="target">Receives <see cref="Length"/> floats.</param>
    public void Run<TSimd, TVector>(float* plane, int firstRow, int outputRows, float padding, float* target)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        bool isDense = _window.StrideX == 1 && _window.StrideY == 1 && _outputWidth == _inputWidth;
        for (int kx = 0; kx < _window.KernelWidth; kx++)
        {
            int shift = (kx * _window.DilationX) - _window.PadLeft;
            int begin = Math.Clamp(CeilingDivide(-shift, _window.StrideX), 0, _outputWidth);
            int end = Math.Clamp(CeilingDivide(_inputWidth - shift, _window.StrideX), begin, _outputWidth);
            for (int phase = 0; phase < _phases.Length; phase++)
            {
                int rows = outputRows + _quotientSpan[phase];
                int inputRow = ((firstRow + _firstQuotient[phase]) * _window.StrideY) + _phases[phase] - _window.PadTop;
                int above = Math.Clamp(CeilingDivide(-inputRow, _window.StrideY), 0, rows);
                int inside = Math.Clamp(CeilingDivide(_inputHeight - inputRow, _window.StrideY), above, rows) - above;
                inside = begin == end ? 0 : inside;
                float* source = plane + ((nint)(inputRow + (above * _window.StrideY)) * _inputWidth);
                Fill<TSimd, TVector>(target, above * _outputWidth, padding);
                target += above * _outputWidth;
                if (isDense)
                {
                    CopyShifted<TSimd, TVector>(source, inside * _inputWidth, shift, begin, end, padding, target);
                }
                else
                {
                    for (int row = 0; row < inside; row++)
                    {
                        float* input = source + ((nint)row * _window.StrideY * _inputWidth);
                        float* output = target + (row * _outputWidth);
                        Fill<TSimd, TVector>(output, begin, padding);
                        CopyStrided<TSimd, TVector>(
                            input + shift + (begin * _window.StrideX), input + _inputWidth, _window.StrideX, output + begin, end - begin);
                        Fill<TSimd, TVector>(output + end, _outputWidth - end, padding);
                    }
                }

                target += inside * _outputWidth;
                int below = rows - above - inside;
                Fill<TSimd, TVector>(target, below * _outputWidth, padding);
                target += below * _outputWidth;
            }
        }
    }

    // All of the following may write up to a vector beyond what they are asked for: what comes next in the copies is written later, and behind the last of them is slack.
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

    // Whole rows that only move sideways are one stream; what the move brings in from a neighbouring row is padding.
    private void CopyShifted<TSimd, TVector>(float* source, int count, int shift, int begin, int end, float padding, float* target)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int last = count - Math.Max(shift, 0);
        for (int i = Math.Max(-shift, 0); i < last; i += TSimd.Lanes)
        {
            TSimd.Store(target + i, last - i >= TSimd.Lanes ? TSimd.Load(source + i + shift) : TSimd.LoadPartial(source + i + shift, last - i));
        }

        for (float* row = target; row < target + count; row += _outputWidth)
        {
            for (int x = 0; x < begin; x++)
            {
                row[x] = padding;
            }

            for (int x = end; x < _outputWidth; x++)
            {
                row[x] = padding;
            }
        }
    }

    private static void CopyStrided<TSimd, TVector>(float* source, float* sourceEnd, int stride, float* target, int count)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        if (stride > 2)
        {
            for (int i = 0; i < count; i++)
            {
                target[i] = source[(nint)i * stride];
            }

            return;
        }

        for (int i = 0; i < count; i += TSimd.Lanes)
        {
            float* input = source + (stride * i);
            int rest = (int)Math.Min(2 * TSimd.Lanes, sourceEnd - input);
            TVector low = rest >= TSimd.Lanes ? TSimd.Load(input) : TSimd.LoadPartial(input, rest);
            if (stride == 2)
            {
                TVector high = rest >= 2 * TSimd.Lanes ? TSimd.Load(input + TSimd.Lanes) : TSimd.LoadRange(input + TSimd.Lanes, 0, rest - TSimd.Lanes);
                low = TSimd.Even(low, high);
            }

            TSimd.Store(target + i, low);
        }
    }

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
}
