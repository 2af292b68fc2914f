using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// Depthwise 3x3 convolution with stride 1 and padding 1, by <see cref="Depthwise3x3Stream{TVector}"/>. Any depth multiplier.
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
            _masks = Depthwise3x3Stream<TVector>.ColumnMasks(_pixels, _width, weights);
        }

        public override bool ReadsExactly => true;

        public override int TaskCount => _planes;

        public override long? IssuedMultiplyAdds => 9L * _planes * PlaneLayout.RoundUp(_pixels, TVector.Lanes);

        // A task is one output plane.
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            for (int plane = first; plane < end; plane++)
            {
                var rows = new Depthwise3x3Arguments
                {
                    Input = arguments.Inputs[plane / _multiplier],
                    End = _pixels,
                    Output = arguments.Outputs[plane],
                    Pixels = _pixels,
                    Width = _width,
                    Masks = _masks.Floats,
                    Weights = _weights.Floats + ((nint)(plane % _channels) * DepthwiseWeights.Pitch(9)),
                    Clamp = _epilogue.Clamp,
                };
                Depthwise3x3Stream<TVector>.Run(rows);
                _epilogue.Finish(arguments, plane, 1, 0, _pixels);
            }
        }
    }
}
