using System.Runtime.CompilerServices;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// Depthwise convolution with any window and any depth multiplier: each input channel is gathered into streams, one for each tap, that
/// are weighted and added.
/// </summary>
internal sealed unsafe class DepthwiseKernel<TVector> : KernelRow<ConvolutionProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "depthwise";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ConvolutionProblem problem) =>
        problem.Geometry is { GroupInputChannels: 1, Window.Taps: > 1 } && WindowGather.Suits(problem.Geometry.Window);

    protected override BoundKernel Create(ConvolutionProblem problem, PackedWeights weights) => new Bound(problem, weights);

    private sealed class Bound : BoundKernel
    {
        private readonly ConvolutionGeometry _geometry;
        private readonly AlignedBuffer _weights;
        private readonly Epilogue _epilogue;
        private readonly int _batch;
        private readonly int _height;
        private readonly int _width;
        private readonly WindowGather _gather;
        private readonly int _blockRows;
        private readonly int _blockColumns;
        private readonly int _lastRows;
        private readonly int _lastColumns;
        private readonly int[] _taps;
        private readonly int[] _lastTaps;

        public Bound(ConvolutionProblem problem, PackedWeights weights)
        {
            _geometry = problem.Geometry;
            _epilogue = problem.EpilogueFor(TVector.Isa);
            _batch = problem.Batch;
            (_height, _width) = (_geometry.OutputHeight, _geometry.OutputWidth);
            _weights = DepthwiseWeights.Pack(problem, weights);
            _gather = new WindowGather(_geometry.Window, _geometry.InputHeight, _geometry.InputWidth);
            (_blockRows, _blockColumns) = _gather.PlaneBlock(_height);
            _lastRows = ((_height - 1) % _blockRows) + 1;
            _lastColumns = ((_width - 1) % _blockColumns) + 1;
            _taps = _gather.TapOffsets(_blockRows, _blockColumns);
            _lastTaps = _gather.TapOffsets(_lastRows, _lastColumns);
        }

        public override bool ReadsExactly => true;

        public override int TaskCount => checked(_batch * _geometry.InputChannels);

        public override long ScratchBytes => _gather.Length(_blockRows, _blockColumns) * sizeof(float);

        public override long? IssuedMultiplyAdds
        {
            get
            {
                long whole = ((_height - _lastRows) / _blockRows * LanesOfRows(_blockRows)) + LanesOfRows(_lastRows);
                return (long)_batch * _geometry.OutputChannels * _geometry.Window.Taps * whole;
            }
        }

        // A task is one input channel.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            float* gathered = (float*)arguments.Scratch;
            int multiplier = _geometry.GroupOutputChannels;
            for (int task = first; task < end; task++)
            {
                int channel = task % _geometry.InputChannels;
                float** outputs = arguments.Outputs + ((nint)task * multiplier);
                for (int row = 0; row < _height; row += _blockRows)
                {
                    int rows = Math.Min(_blockRows, _height - row);
                    for (int column = 0; column < _width; column += _blockColumns)
                    {
                        int columns = Math.Min(_blockColumns, _width - column);
                        _gather.Run<TVector>(arguments.Inputs[task], new OutputBlock(row, rows, column, columns), 0, gathered);
                        int[] taps = rows == _blockRows && columns == _blockColumns ? _taps : _lastTaps;
                        for (int i = 0; i < multiplier; i++)
                        {
                            float* weights = _weights.Floats
                                + ((((nint)channel * multiplier) + i) * DepthwiseWeights.Pitch(_geometry.Window.Taps));
                            Combine(gathered, taps, weights, outputs[i] + ((nint)row * _width) + column, rows * columns);
                        }
                    }
                }

                _epilogue.Finish(arguments, task * multiplier, multiplier, 0, _height * _width);
            }
        }

        // Lanes of all blocks that lie beside each other.
        private long LanesOfRows(int rows) =>
            ((_width - _lastColumns) / _blockColumns * (long)PlaneLayout.RoundUp(rows * _blockColumns, TVector.Lanes))
            + PlaneLayout.RoundUp(rows * _lastColumns, TVector.Lanes);

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Combine(float* gathered, ReadOnlySpan<int> taps, float* weights, float* output, int pixels)
        {
            TVector bias = TVector.Broadcast(weights[taps.Length]);
            TVector low = TVector.Broadcast(_epilogue.Clamp.Low), high = TVector.Broadcast(_epilogue.Clamp.High);
            int lanes = TVector.Lanes;
            int pixel = 0;
            for (; pixel <= pixels - (4 * lanes); pixel += 4 * lanes)
            {
                TVector a = bias, b = bias, c = bias, d = bias;
                for (int k = 0; k < taps.Length; k++)
                {
                    float* tap = gathered + taps[k] + pixel;
                    TVector weight = TVector.Broadcast(weights[k]);
                    TVector.Accumulate(ref a, weight, TVector.Load(tap));
                    TVector.Accumulate(ref b, weight, TVector.Load(tap + lanes));
                    TVector.Accumulate(ref c, weight, TVector.Load(tap + (2 * lanes)));
                    TVector.Accumulate(ref d, weight, TVector.Load(tap + (3 * lanes)));
                }

                TVector.Store(output + pixel, TVector.Clamp(a, low, high));
                TVector.Store(output + pixel + lanes, TVector.Clamp(b, low, high));
                TVector.Store(output + pixel + (2 * lanes), TVector.Clamp(c, low, high));
                TVector.Store(output + pixel + (3 * lanes), TVector.Clamp(d, low, high));
            }

            for (; pixel < pixels; pixel += lanes)
            {
                TVector a = bias;
                for (int k = 0; k < taps.Length; k++)
                {
                    TVector.Accumulate(ref a, TVector.Broadcast(weights[k]), TVector.Load(gathered + taps[k] + pixel));
                }

                TVector.StorePartial(output + pixel, TVector.Clamp(a, low, high), Math.Min(lanes, pixels - pixel));
            }
        }
    }
}
