using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Pooling;

/// <summary>How the values under a window are combined.</summary>
internal interface IPoolCombine<TVector>
    where TVector : struct
{
    /// <summary>The value of padding, which must not change the result.</summary>
    static abstract float Padding { get; }

    /// <summary>The combination of two values.</summary>
    static abstract TVector Combine(TVector a, TVector b);
}

/// <summary>Pooling by streams: each plane is gathered by <see cref="WindowGather"/>, and the streams of its taps are combined.</summary>
internal abstract unsafe class WindowPool<TVector, TCombine> : BoundKernel
    where TVector : struct, IVector<TVector>
    where TCombine : struct, IPoolCombine<TVector>
{
    private readonly PoolProblem _problem;
    private readonly WindowGather _gather;
    private readonly int _height;
    private readonly int _width;
    private readonly int _blockRows;
    private readonly int _blockColumns;
    private readonly int[] _taps;
    private readonly int[] _lastTaps;

    protected WindowPool(PoolProblem problem)
    {
        _problem = problem;
        Window window = problem.Window;
        _gather = new WindowGather(window, problem.InputHeight, problem.InputWidth);
        _height = window.OutputHeight(problem.InputHeight);
        _width = window.OutputWidth(problem.InputWidth);
        (_blockRows, _blockColumns) = _gather.PlaneBlock(_height);
        _taps = _gather.TapOffsets(_blockRows, _blockColumns);
        _lastTaps = _gather.TapOffsets(((_height - 1) % _blockRows) + 1, ((_width - 1) % _blockColumns) + 1);
    }

    public override bool ReadsExactly => true;

    public override int TaskCount => _problem.Planes;

    public override long ScratchBytes => _gather.Length(_blockRows, _blockColumns) * sizeof(float);

    // A task is one plane.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public override void Run(in KernelArguments arguments, int first, int end)
    {
        float* gathered = (float*)arguments.Scratch, factors = Factors;
        for (int plane = first; plane < end; plane++)
        {
            for (int row = 0; row < _height; row += _blockRows)
            {
                int rows = Math.Min(_blockRows, _height - row);
                for (int column = 0; column < _width; column += _blockColumns)
                {
                    int columns = Math.Min(_blockColumns, _width - column), pixel = (row * _width) + column;
                    var block = new OutputBlock(row, rows, column, columns);
                    _gather.Run<TVector>(arguments.Inputs[plane], block, TCombine.Padding, gathered);
                    Reduce(
                        gathered,
                        rows == _blockRows && columns == _blockColumns ? _taps : _lastTaps,
                        arguments.Outputs[plane] + pixel,
                        factors == null ? null : factors + pixel,
                        rows * columns);
                }
            }
        }
    }

    /// <summary>What the combined value of each pixel is multiplied by; null for nothing.</summary>
    protected virtual float* Factors => null;

    // The pixels of a block follow one another in the plane.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Reduce(float* gathered, int[] taps, float* output, float* factors, int pixels)
    {
        for (int pixel = 0; pixel < pixels; pixel += TVector.Lanes)
        {
            TVector value = TVector.Load(gathered + taps[0] + pixel);
            for (int k = 1; k < taps.Length; k++)
            {
                value = TCombine.Combine(value, TVector.Load(gathered + taps[k] + pixel));
            }

            int lanes = Math.Min(TVector.Lanes, pixels - pixel);
            if (factors != null)
            {
                value = TVector.Multiply(value, TVector.LoadPartial(factors + pixel, lanes));
            }

            TVector.StorePartial(output + pixel, value, lanes);
        }
    }
}
