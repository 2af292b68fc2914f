using System.Runtime.CompilerServices;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// Depthwise 3x3 convolution with stride 1 and padding 1. A plane is one stream without regard to rows: the taps of the left, middle and
/// right kernel column are summed at their own pixel, then the left and right sums move by one pixel, with those masked away that would
/// come from another row. Any depth multiplier.
/// </summary>
internal sealed unsafe class Depthwise3x3Kernel<TVector> : KernelRow<ConvolutionProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "depthwise-3x3";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ConvolutionProblem problem) =>
        problem.Geometry.GroupInputChannels == 1 && problem.Geometry.Window == Window.Square(3, stride: 1, padding: 1);

    protected override BoundKernel Create(ConvolutionProblem problem, PackedWeights weights) => new Bound(problem, weights);

    private sealed class Bound : BoundKernel
    {
        private readonly int _planes;
        private readonly int _channels;
        private readonly int _multiplier;
        private readonly int _width;
        private readonly int _pixels;
        private readonly Epilogue _epilogue;
        private readonly AlignedBuffer _weights;
        private readonly AlignedBuffer _masks;

        public Bound(ConvolutionProblem problem, PackedWeights weights)
        {
            ConvolutionGeometry geometry = problem.Geometry;
            _channels = geometry.OutputChannels;
            _multiplier = geometry.GroupOutputChannels;
            _planes = checked(problem.Batch * _channels);
            _width = geometry.InputWidth;
            _pixels = checked(geometry.InputHeight * _width);
            _epilogue = problem.EpilogueFor(TVector.Isa);
            _weights = DepthwiseWeights.Pack(problem, weights);
            _masks = ColumnMasks(_pixels, _width);
        }

        public override bool ReadsExactly => true;

        public override int TaskCount => _planes;

        public override long? IssuedMultiplyAdds => 9L * _planes * PlaneLayout.RoundUp(_pixels, TVector.Lanes);

        // A task is one output plane.
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            for (int plane = first; plane < end; plane++)
            {
                Stream(arguments.Inputs[plane / _multiplier], arguments.Outputs[plane], _weights.Floats
                    + ((nint)(plane % _channels) * DepthwiseWeights.Pitch(9)));
                _epilogue.Finish(arguments, plane, 1, 0, _pixels);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Stream(float* input, float* output, float* weights)
        {
            TVector w0 = TVector.Broadcast(weights[0]), w1 = TVector.Broadcast(weights[1]), w2 = TVector.Broadcast(weights[2]);
            TVector w3 = TVector.Broadcast(weights[3]), w4 = TVector.Broadcast(weights[4]), w5 = TVector.Broadcast(weights[5]);
            TVector w6 = TVector.Broadcast(weights[6]), w7 = TVector.Broadcast(weights[7]), w8 = TVector.Broadcast(weights[8]);
            TVector bias = TVector.Broadcast(weights[9]), low = TVector.Broadcast(_epilogue.Clamp.Low),
            high = TVector.Broadcast(_epilogue.Clamp.High);
            TVector zero = TVector.Broadcast(0), leftBefore = zero, left = zero, middle = zero, right = zero;
            int lanes = TVector.Lanes, width = _width, pixels = _pixels;
            float* mask = _masks.Floats;

            // Each turn sums the columns at one vector and finishes the vector before it, which needs its neighbour on either side.
            for (int i = 0; ; i += lanes)
            {
                TVector nextLeft = zero, nextMiddle = zero, nextRight = zero;
                if (i < pixels)
                {
                    TVector above, centre, below;
                    if (i >= width && i + width + lanes <= pixels)
                    {
                        above = TVector.Load(input + i - width);
                        centre = TVector.Load(input + i);
                        below = TVector.Load(input + i + width);
                    }
                    else
                    {
                        above = TVector.LoadRange(input + i - width, width - i, pixels - i + width);
                        centre = TVector.LoadRange(input + i, 0, pixels - i);
                        below = TVector.LoadRange(input + i + width, 0, pixels - i - width);
                    }

                    nextLeft = TVector.MultiplyAdd(w6, below, TVector.MultiplyAdd(w3, centre, TVector.Multiply(w0, above)));
                    nextMiddle = TVector.MultiplyAdd(w7, below, TVector.MultiplyAdd(w4, centre, TVector.MultiplyAdd(w1, above, bias)));
                    nextRight = TVector.MultiplyAdd(w8, below, TVector.MultiplyAdd(w5, centre, TVector.Multiply(w2, above)));
                }

                if (i > 0)
                {
                    TVector fromLeft = TVector.And(TVector.ShiftUp(leftBefore, left), TVector.Load(mask));
                    TVector fromRight = TVector.And(TVector.ShiftDown(right, nextRight), TVector.Load(mask + lanes));
                    TVector sum = TVector.Clamp(TVector.Add(middle, TVector.Add(fromLeft, fromRight)), low, high);
                    mask += 2 * lanes;
                    if (i <= pixels)
                    {
                        TVector.Store(output + i - lanes, sum);
                    }
                    else
                    {
                        TVector.StorePartial(output + i - lanes, sum, pixels - i + lanes);
                    }

                    if (i >= pixels)
                    {
                        return;
                    }
                }

                leftBefore = left;
                left = nextLeft;
                middle = nextMiddle;
                right = nextRight;
            }
        }

        // For each vector of pixels two masks: which of them have a left neighbour in their row, and which a right one.
        private static AlignedBuffer ColumnMasks(int pixels, int width)
        {
            int lanes = TVector.Lanes;
            int vectors = (pixels + lanes - 1) / lanes;
            var buffer = new AlignedBuffer((long)vectors * 2 * lanes * sizeof(float));
            int* bits = (int*)buffer.Pointer;
            for (int pixel = 0; pixel < vectors * lanes; pixel++)
            {
                int* pair = bits + ((nint)(pixel / lanes) * 2 * lanes) + (pixel % lanes);
                pair[0] = pixel % width == 0 ? 0 : -1;
                pair[lanes] = pixel % width == width - 1 ? 0 : -1;
            }

            return buffer;
        }
    }
}
