using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// Depthwise 3x3 convolution with stride 2 and padding 1, by <see cref="Depthwise3x3Stride2Rows{TVector}"/>. Any depth multiplier.
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
                var rows = new Depthwise3x3Stride2Arguments
                {
                    Input = arguments.Inputs[plane / _geometry.GroupOutputChannels],
                    EndsBelow = _geometry.InputHeight % 2 != 0,
                    Width = _geometry.InputWidth,
                    Output = arguments.Outputs[plane],
                    Rows = _outputHeight,
                    OutputWidth = _outputWidth,
                    Zeros = zeros,
                    Weights = _weights.Floats + ((nint)(plane % _geometry.OutputChannels) * DepthwiseWeights.Pitch(9)),
                    Clamp = _epilogue.Clamp,
                };
                Depthwise3x3Stride2Rows<TVector>.Run(rows);
                _epilogue.Finish(arguments, plane, 1, 0, _outputHeight * _outputWidth);
            }
        }
    }
}
