using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Resampling;

/// <summary>
/// Resamples blocks of rows. The columns of each input row that a block needs are made once; rows are sums of whole vectors.
/// </summary>
internal sealed unsafe class ResampleKernel<TVector> : KernelRow<ResampleProblem>
    where TVector : struct, IVector<TVector>
{
    // Rows of a block: enough to reuse input rows, few enough to keep threads busy.
    private const int BlockRows = 32;

    public override string Name => "resample";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ResampleProblem problem) => true;

    protected override BoundKernel Create(ResampleProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound : BoundKernel
    {
        private readonly ResampleProblem _problem;
        private readonly ResampledAxis _rows;
        private readonly ResampledAxis _columns;
        private readonly (int First, int End)[] _blocks;
        private readonly int _width;
        private readonly int _stride;

        // Tap by tap rather than output by output, so that the factors of neighbours are a vector.
        private readonly int[] _places;
        private readonly float[] _factors;

        public Bound(ResampleProblem problem)
        {
            _problem = problem;
            (_rows, _columns) = (problem.Rows, problem.Columns);
            _width = _columns.Outputs;
            _stride = PlaneLayout.RoundUp(_width);
            _blocks = new (int, int)[(_rows.Outputs + BlockRows - 1) / BlockRows];
            for (int block = 0; block < _blocks.Length; block++)
            {
                int first = block * BlockRows * _rows.Taps, end = Math.Min(first + (BlockRows * _rows.Taps), _rows.Indices.Length);
                ReadOnlySpan<int> indices = _rows.Indices.AsSpan(first..end);
                int lowest = int.MaxValue, highest = 0;
                foreach (int index in indices)
                {
                    (lowest, highest) = (Math.Min(lowest, index), Math.Max(highest, index));
                }

                _blocks[block] = (lowest, highest + 1);
            }

            _places = new int[checked(_columns.Taps * _width)];
            _factors = new float[checked(_columns.Taps * _stride)];
            for (int x = 0; x < _width; x++)
            {
                for (int tap = 0; tap < _columns.Taps; tap++)
                {
                    _places[(tap * _width) + x] = _columns.Indices[(x * _columns.Taps) + tap];
                    _factors[(tap * _stride) + x] = _columns.Weights[(x * _columns.Taps) + tap];
                }
            }
        }

        public override bool ReadsExactly => true;

        public override int TaskCount => checked(_problem.Planes * _blocks.Length);

        // One row for what is gathered, and the columns of the rows of a block.
        public override long ScratchBytes =>
            checked((1L + _blocks.Max(block => block.End - block.First)) * _stride * sizeof(float));

        public override void Run(in KernelArguments arguments, int first, int end)
        {
            float* gathered = (float*)arguments.Scratch, made = gathered + _stride;
            for (int task = first; task < end; task++)
            {
                int plane = task / _blocks.Length, block = task % _blocks.Length, start = block * BlockRows;
                (int top, int bottom) = _blocks[block];
                float* input = arguments.Inputs[plane];
                for (int row = top; row < bottom; row++)
                {
                    MakeColumns(input + ((nint)row * _columns.Length), gathered, made + ((nint)(row - top) * _stride));
                }

                float* output = arguments.Outputs[plane] + ((nint)start * _width);
                for (int row = start; row < Math.Min(start + BlockRows, _rows.Outputs); row++, output += _width)
                {
                    MakeRow(made - ((nint)top * _stride), row, output);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void MakeColumns(float* input, float* gathered, float* made)
        {
            if (_columns.IsIdentity)
            {
                new ReadOnlySpan<float>(input, _width).CopyTo(new Span<float>(made, _width));
                return;
            }

            fixed (int* places = _places)
            fixed (float* factors = _factors)
            {
                for (int tap = 0; tap < _columns.Taps; tap++)
                {
                    int* place = places + ((nint)tap * _width);
                    float* factor = factors + ((nint)tap * _stride);
                    for (int x = 0; x < _width; x++)
                    {
                        gathered[x] = input[place[x]];
                    }

                    for (int x = 0; x < _width; x += TVector.Lanes)
                    {
                        TVector value = TVector.Load(gathered + x), weight = TVector.Load(factor + x);
                        TVector.Store(
                            made + x,
                            tap == 0 ? TVector.Multiply(value, weight) : TVector.MultiplyAdd(value, weight, TVector.Load(made + x)));
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void MakeRow(float* made, int row, float* output)
        {
            if (_rows.IsOutside[row])
            {
                new Span<float>(output, _width).Fill(_problem.Outside);
                return;
            }

            int taps = _rows.Taps;
            ReadOnlySpan<int> places = _rows.Indices.AsSpan(row * taps, taps);
            ReadOnlySpan<float> factors = _rows.Weights.AsSpan(row * taps, taps);
            for (int x = 0; x < _width; x += TVector.Lanes)
            {
                TVector sum = TVector.Multiply(TVector.Load(made + ((nint)places[0] * _stride) + x), TVector.Broadcast(factors[0]));
                for (int tap = 1; tap < taps; tap++)
                {
                    sum = TVector.MultiplyAdd(
                        TVector.Load(made + ((nint)places[tap] * _stride) + x), TVector.Broadcast(factors[tap]), sum);
                }

                TVector.StorePartial(output + x, sum, Math.Min(TVector.Lanes, _width - x));
            }

            ReadOnlySpan<bool> outside = _columns.IsOutside;
            if (outside.Contains(true))
            {
                for (int x = 0; x < outside.Length; x++)
                {
                    output[x] = outside[x] ? _problem.Outside : output[x];
                }
            }
        }
    }
}
