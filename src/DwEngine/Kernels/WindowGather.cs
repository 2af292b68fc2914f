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
        for (int kx = 0; kx < _window.KernelWidth; kx++)
        {
            int shift = (kx * _window.DilationX) - _window.PadLeft;
            int begin = Math.Clamp(CeilingDivide(-shift, _window.StrideX), 0, _outputWidth);
            int end = Math.Clamp(CeilingDivide(_inputWidth - shift, _window.StrideX), begin, _outputWidth);
            for (int phase = 0; phase < _phases.Length; phase++)
            {
                int rows = outputRows + _quotientSpan[phase];
                int inputRow = ((firstRow + _firstQuotient[phase]) * _window.StrideY) + _phases[phase] - _window.PadTop;
                for (int row = 0; row < rows; row++, inputRow += _window.StrideY, target += _outputWidth)
                {
                    if (inputRow < 0 || inputRow >= _inputHeight || begin == end)
                    {
                        new Span<float>(target, _outputWidth).Fill(padding);
                        continue;
                    }

                    Fill(target, 0, begin, padding);
                    float* source = plane + ((nint)inputRow * _inputWidth);
                    CopyStrided<TSimd, TVector>(
                        source + shift + (begin * _window.StrideX), source + _inputWidth, _window.StrideX, target + begin, end - begin);
                    Fill(target, end, _outputWidth, padding);
                }
            }
        }
    }

    private static void Fill(float* row, int begin, int end, float value)
    {
        for (int x = begin; x < end; x++)
        {
            row[x] = value;
        }
    }

    private static void CopyStrided<TSimd, TVector>(float* source, float* sourceEnd, int stride, float* target, int count)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int i = 0;
        if (stride == 1)
        {
            for (; i <= count - TSimd.Lanes; i += TSimd.Lanes)
            {
                TSimd.Store(target + i, TSimd.Load(source + i));
            }
        }
        else if (stride == 2)
        {
            for (; i <= count - TSimd.Lanes && source + (2 * (i + TSimd.Lanes)) <= sourceEnd; i += TSimd.Lanes)
            {
                TSimd.Store(target + i, TSimd.Even(TSimd.Load(source + (2 * i)), TSimd.Load(source + (2 * i) + TSimd.Lanes)));
            }
        }

        for (; i < count; i++)
        {
            target[i] = source[(nint)i * stride];
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
