using System.Runtime.CompilerServices;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// Depthwise 3x3 convolution with stride 2 and padding 1, row by row: input columns are parted into even ones, which the middle kernel column sees, and odd ones,
/// which the right column sees at their own output and the left column one output further. Any depth multiplier.
/// </summary>
internal sealed unsafe class Depthwise3x3Stride2Kernel<TSimd, TVector> : KernelRow<ConvolutionProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public override string Name => "depthwise-3x3-s2";

    public override Isa Isa => TSimd.Isa;

    public override bool Accepts(ConvolutionProblem problem) =>
        problem.Geometry.GroupInputChannels == 1 && problem.Geometry.Window == Window.Square(3, stride: 2, padding: 1);

    public override BoundKernel Bind(ConvolutionProblem problem, PackedWeights weights) => new Bound(problem, weights);

    private sealed class Bound(ConvolutionProblem problem, PackedWeights weights) : BoundKernel
    {
        private readonly ConvolutionGeometry _geometry = problem.Geometry;
        private readonly int _planes = checked(problem.Batch * problem.Geometry.OutputChannels);
        private readonly Clamp _clamp = problem.Clamp;
        private readonly AlignedBuffer _weights = DepthwiseWeights.Pack(problem, weights);

        public override string Name => "depthwise-3x3-s2";

        public override bool ReadsExactly => true;

        public override int TaskCount => _planes;

        public override long? IssuedMultiplyAdds => 9L * _planes * _geometry.OutputHeight * PlaneLayout.RoundUp(_geometry.OutputWidth, TSimd.Lanes);

        // A row of zeros stands for the rows of padding.
        public override long ScratchBytes => (long)PlaneLayout.RoundUp(_geometry.InputWidth) * sizeof(float);

        // A task is one output plane.
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            float* zeros = (float*)arguments.Scratch;
            new Span<float>(zeros, _geometry.InputWidth).Clear();
            for (int plane = first; plane < end; plane++)
            {
                Plane(
                    arguments.Inputs[plane / _geometry.GroupOutputChannels],
                    arguments.Outputs[plane],
                    _weights.Floats + ((nint)(plane % _geometry.OutputChannels) * DepthwiseWeights.Pitch(9)),
                    zeros);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Plane(float* input, float* output, float* weights, float* zeros)
        {
            TVector w0 = TSimd.Broadcast(weights[0]), w1 = TSimd.Broadcast(weights[1]), w2 = TSimd.Broadcast(weights[2]);
            TVector w3 = TSimd.Broadcast(weights[3]), w4 = TSimd.Broadcast(weights[4]), w5 = TSimd.Broadcast(weights[5]);
            TVector w6 = TSimd.Broadcast(weights[6]), w7 = TSimd.Broadcast(weights[7]), w8 = TSimd.Broadcast(weights[8]);
            TVector bias = TSimd.Broadcast(weights[9]), low = TSimd.Broadcast(_clamp.Low), high = TSimd.Broadcast(_clamp.High);
            int lanes = TSimd.Lanes, height = _geometry.InputHeight, width = _geometry.InputWidth, outputWidth = _geometry.OutputWidth;
            float* centre = input;
            for (int row = 0; row < height; row += 2, centre += 2 * (nint)width, output += outputWidth)
            {
                float* above = row == 0 ? zeros : centre - width;
                float* below = row + 1 == height ? zeros : centre + width;
                TVector leftBefore = TSimd.Broadcast(0);
                for (int x = 0; x < outputWidth; x += lanes)
                {
                    int column = 2 * x, rest = width - column;
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
                        a0 = TSimd.LoadPartial(above + column, rest);
                        b0 = TSimd.LoadPartial(centre + column, rest);
                        c0 = TSimd.LoadPartial(below + column, rest);
                        a1 = b1 = c1 = TSimd.Broadcast(0);
                        if (rest > lanes)
                        {
                            a1 = TSimd.LoadPartial(above + column + lanes, rest - lanes);
                            b1 = TSimd.LoadPartial(centre + column + lanes, rest - lanes);
                            c1 = TSimd.LoadPartial(below + column + lanes, rest - lanes);
                        }
                    }

                    TVector odd = TSimd.Odd(a0, a1), even = TSimd.Even(a0, a1);
                    TVector left = TSimd.Multiply(w0, odd), middle = TSimd.MultiplyAdd(w1, even, bias), right = TSimd.Multiply(w2, odd);
                    odd = TSimd.Odd(b0, b1);
                    even = TSimd.Even(b0, b1);
                    left = TSimd.MultiplyAdd(w3, odd, left);
                    middle = TSimd.MultiplyAdd(w4, even, middle);
                    right = TSimd.MultiplyAdd(w5, odd, right);
                    odd = TSimd.Odd(c0, c1);
                    even = TSimd.Even(c0, c1);
                    left = TSimd.MultiplyAdd(w6, odd, left);
                    middle = TSimd.MultiplyAdd(w7, even, middle);
                    right = TSimd.MultiplyAdd(w8, odd, right);

                    TVector sum = TSimd.Add(TSimd.Add(middle, right), TSimd.ShiftUp(leftBefore, left));
                    leftBefore = left;
                    sum = TSimd.Clamp(sum, low, high);
                    if (outputWidth - x >= lanes)
                    {
                        TSimd.Store(output + x, sum);
                    }
                    else
                    {
                        TSimd.StorePartial(output + x, sum, outputWidth - x);
                    }
                }
            }
        }
    }
}
