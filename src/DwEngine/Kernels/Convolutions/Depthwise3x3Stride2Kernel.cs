using System.Runtime.CompilerServices;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// Depthwise 3x3 convolution with stride 2 and padding 1, row by row: input columns are parted into even ones, which the middle kernel
/// column sees, and odd ones, which the right column sees at their own output and the left column one output further. Any depth
/// multiplier.
/// </summary>
internal sealed unsafe class Depthwise3x3Stride2Kernel<TVector> : KernelRow<ConvolutionProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "depthwise-3x3-s2";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ConvolutionProblem problem) =>
        problem.Geometry.GroupInputChannels == 1 && problem.Geometry.Window == Window.Square(3, stride: 2, padding: 1);

    protected override BoundKernel Create(ConvolutionProblem problem, PackedWeights weights) => new Bound(problem, weights);

    private sealed class Bound(ConvolutionProblem problem, PackedWeights weights) : BoundKernel
    {
        private readonly ConvolutionGeometry _geometry = problem.Geometry;
        private readonly int _outputHeight = problem.Geometry.OutputHeight;
        private readonly int _outputWidth = problem.Geometry.OutputWidth;
        private readonly int _planes = checked(problem.Batch * problem.Geometry.OutputChannels);
        private readonly Epilogue _epilogue = problem.EpilogueFor(TVector.Isa);
        private readonly AlignedBuffer _weights = DepthwiseWeights.Pack(problem, weights);

        public override bool ReadsExactly => true;

        public override int TaskCount => _planes;

        public override long? IssuedMultiplyAdds =>
            9L * _planes * _outputHeight * PlaneLayout.RoundUp(_outputWidth, TVector.Lanes);

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
                _epilogue.Finish(arguments, plane, 1, 0, _outputHeight * _outputWidth);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Plane(float* input, float* output, float* weights, float* zeros)
        {
            int lanes = TVector.Lanes, height = _geometry.InputHeight, width = _geometry.InputWidth, outputWidth = _outputWidth;
            TVector w0 = TVector.Broadcast(weights[0]), w1 = TVector.Broadcast(weights[1]), w2 = TVector.Broadcast(weights[2]);
            TVector w3 = TVector.Broadcast(weights[3]), w4 = TVector.Broadcast(weights[4]), w5 = TVector.Broadcast(weights[5]);
            TVector w6 = TVector.Broadcast(weights[6]), w7 = TVector.Broadcast(weights[7]), w8 = TVector.Broadcast(weights[8]);
            TVector bias = TVector.Broadcast(weights[9]);
            TVector low = TVector.Broadcast(_epilogue.Clamp.Low), high = TVector.Broadcast(_epilogue.Clamp.High);
            float* centre = input;
            for (int row = 0; row < height; row += 2, centre += 2 * (nint)width, output += outputWidth)
            {
                float* above = row == 0 ? zeros : centre - width;
                float* below = row + 1 == height ? zeros : centre + width;
                TVector leftBefore = TVector.Broadcast(0);
                for (int x = 0; x < outputWidth; x += lanes)
                {
                    int column = 2 * x, rest = width - column;
                    TVector a0, a1, b0, b1, c0, c1;
                    if (rest >= 2 * lanes)
                    {
                        a0 = TVector.Load(above + column);
                        a1 = TVector.Load(above + column + lanes);
                        b0 = TVector.Load(centre + column);
                        b1 = TVector.Load(centre + column + lanes);
                        c0 = TVector.Load(below + column);
                        c1 = TVector.Load(below + column + lanes);
                    }
                    else
                    {
                        a0 = TVector.LoadPartial(above + column, rest);
                        b0 = TVector.LoadPartial(centre + column, rest);
                        c0 = TVector.LoadPartial(below + column, rest);
                        a1 = b1 = c1 = TVector.Broadcast(0);
                        if (rest > lanes)
                        {
                            a1 = TVector.LoadPartial(above + column + lanes, rest - lanes);
                            b1 = TVector.LoadPartial(centre + column + lanes, rest - lanes);
                            c1 = TVector.LoadPartial(below + column + lanes, rest - lanes);
                        }
                    }

                    TVector odd = TVector.Odd(a0, a1), even = TVector.Even(a0, a1);
                    TVector left = TVector.Multiply(w0, odd), right = TVector.Multiply(w2, odd);
                    TVector middle = TVector.MultiplyAdd(w1, even, bias);
                    odd = TVector.Odd(b0, b1);
                    even = TVector.Even(b0, b1);
                    TVector.Accumulate(ref left, w3, odd);
                    TVector.Accumulate(ref middle, w4, even);
                    TVector.Accumulate(ref right, w5, odd);
                    odd = TVector.Odd(c0, c1);
                    even = TVector.Even(c0, c1);
                    TVector.Accumulate(ref left, w6, odd);
                    TVector.Accumulate(ref middle, w7, even);
                    TVector.Accumulate(ref right, w8, odd);

                    TVector sum = TVector.Add(TVector.Add(middle, right), TVector.ShiftUp(leftBefore, left));
                    leftBefore = left;
                    sum = TVector.Clamp(sum, low, high);
                    if (outputWidth - x >= lanes)
                    {
                        TVector.Store(output + x, sum);
                    }
                    else
                    {
                        TVector.StorePartial(output + x, sum, outputWidth - x);
                    }
                }
            }
        }
    }
}
