using System.Runtime.CompilerServices;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// Depthwise 3x3 convolution with stride 2 and padding 1, row by row: input columns are parted into even ones, which the middle kernel column sees, and odd ones,
/// which the right column sees at their own output and the left column one output further.
/// </summary>
internal sealed unsafe class Depthwise3x3Stride2Kernel<TSimd, TVector> : KernelRow<ConvolutionProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public override string Name => "depthwise-3x3-s2";

    public override Isa Isa => TSimd.Isa;

    public override bool Accepts(ConvolutionProblem problem) =>
        problem.Geometry is { GroupInputChannels: 1, GroupOutputChannels: 1 } && problem.Geometry.Window == Window.Square(3, stride: 2, padding: 1);

    public override BoundKernel Bind(ConvolutionProblem problem, PackedWeights weights) => new Bound(problem, weights);

    private sealed class Bound(ConvolutionProblem problem, PackedWeights weights) : BoundKernel
    {
        private readonly ConvolutionGeometry _geometry = problem.Geometry;
        private readonly int _planes = checked(problem.Batch * problem.Geometry.InputChannels);
        private readonly Clamp _clamp = problem.Clamp;
        private readonly AlignedBuffer _weights = DepthwiseWeights.Pack(problem, weights);

        public override string Name => "depthwise-3x3-s2";

        public override bool ReadsExactly => true;

        public override int TaskCount => _planes;

        // A row of zeros stands for the rows of padding.
        public override long ScratchBytes => (long)PlaneLayout.RoundUp(_geometry.InputWidth) * sizeof(float);

        // A task is one plane.
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            int height = _geometry.InputHeight, width = _geometry.InputWidth;
            float* zeros = (float*)arguments.Scratch;
            new Span<float>(zeros, width).Clear();
            for (int plane = first; plane < end; plane++)
            {
                float* input = arguments.Inputs[plane];
                float* output = arguments.Outputs[plane];
                float* weights = _weights.Floats + ((nint)(plane % _geometry.InputChannels) * DepthwiseWeights.Pitch(9));
                for (int y = 0; y < _geometry.OutputHeight; y++, output += _geometry.OutputWidth)
                {
                    float* centre = input + ((nint)2 * y * width);
                    Row(y == 0 ? zeros : centre - width, centre, (2 * y) + 1 == height ? zeros : centre + width, output, weights);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Row(float* above, float* centre, float* below, float* output, float* weights)
        {
            int lanes = TSimd.Lanes, inputs = _geometry.InputWidth, outputs = _geometry.OutputWidth;
            TVector bias = TSimd.Broadcast(weights[9]), low = TSimd.Broadcast(_clamp.Low), high = TSimd.Broadcast(_clamp.High);
            TVector leftBefore = TSimd.Broadcast(0);
            for (int x = 0; x < outputs; x += lanes)
            {
                int column = 2 * x, rest = inputs - column;
                TVector a0, a1, b0, b1, c0, c1;
                if (rest >= 2 * lanes)
                {
                    a0 = TSimd.Load(above + column);
                    a1 = TSimd.Load(above + column + lanes);
                    b0 = TSimd.Load(centre + column);
                    b1 = TSimd.Load(centre + column + lanes);
                    c0 = TSimd.Load(below + column);
                    c1 = TSimd.Load(below + column + lanes);
                }
                else
                {
                    a0 = TSimd.LoadRange(above + column, 0, rest);
                    a1 = TSimd.LoadRange(above + column + lanes, 0, rest - lanes);
                    b0 = TSimd.LoadRange(centre + column, 0, rest);
                    b1 = TSimd.LoadRange(centre + column + lanes, 0, rest - lanes);
                    c0 = TSimd.LoadRange(below + column, 0, rest);
                    c1 = TSimd.LoadRange(below + column + lanes, 0, rest - lanes);
                }

                TVector odd = TSimd.Odd(a0, a1), even = TSimd.Even(a0, a1);
                TVector left = TSimd.Multiply(TSimd.Broadcast(weights[0]), odd);
                TVector middle = TSimd.MultiplyAdd(TSimd.Broadcast(weights[1]), even, bias);
                TVector right = TSimd.Multiply(TSimd.Broadcast(weights[2]), odd);
                odd = TSimd.Odd(b0, b1);
                even = TSimd.Even(b0, b1);
                left = TSimd.MultiplyAdd(TSimd.Broadcast(weights[3]), odd, left);
                middle = TSimd.MultiplyAdd(TSimd.Broadcast(weights[4]), even, middle);
                right = TSimd.MultiplyAdd(TSimd.Broadcast(weights[5]), odd, right);
                odd = TSimd.Odd(c0, c1);
                even = TSimd.Even(c0, c1);
                left = TSimd.MultiplyAdd(TSimd.Broadcast(weights[6]), odd, left);
                middle = TSimd.MultiplyAdd(TSimd.Broadcast(weights[7]), even, middle);
                right = TSimd.MultiplyAdd(TSimd.Broadcast(weights[8]), odd, right);

                TVector sum = TSimd.Add(TSimd.Add(middle, right), TSimd.ShiftUp(leftBefore, left));
                leftBefore = left;
                sum = TSimd.Clamp(sum, low, high);
                if (outputs - x >= lanes)
                {
                    TSimd.Store(output + x, sum);
                }
                else
                {
                    TSimd.StorePartial(output + x, sum, outputs - x);
                }
            }
        }
    }
}
