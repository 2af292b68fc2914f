using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// 1x1 convolution: a matrix product of the weights with the input planes, which are read where they lie, through a table of pointers, so a
/// shuffled, split or concatenated input costs nothing.
/// </summary>
/// <typeparam name="TSimd">The instruction set.</typeparam>
/// <typeparam name="TVector">Its vector.</typeparam>
/// <typeparam name="TNarrow">A vocabulary whose vectors are no longer than a panel is high, for the pixels that are left over.</typeparam>
/// <typeparam name="TNarrowVector">Its vector.</typeparam>
internal sealed unsafe class PointwiseKernel<TSimd, TVector, TNarrow, TNarrowVector> : KernelRow<ConvolutionProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
    where TNarrow : struct, ISimd<TNarrowVector>
    where TNarrowVector : struct
{
    public override string Name => "pointwise";

    public override Isa Isa => TSimd.Isa;

    public override bool Accepts(ConvolutionProblem problem) => problem.Geometry is { Groups: 1, Window.IsPointwise: true };

    public override BoundKernel Bind(ConvolutionProblem problem, PackedWeights weights) => new Bound(problem, weights);

    private sealed class Bound(ConvolutionProblem problem, PackedWeights weights) : BoundKernel
    {
        private readonly PackedPanels _panels = new(problem, weights);
        private readonly ConvolutionGeometry _geometry = problem.Geometry;
        private readonly Clamp _clamp = problem.Clamp;
        private readonly int _batch = problem.Batch;
        private readonly int _pixels = checked(problem.Geometry.OutputHeight * problem.Geometry.OutputWidth);

        public override string Name => "pointwise";

        public override int TaskCount => checked(_batch * Strips * _panels.Panels.Length);

        public override long? IssuedMultiplyAdds => _batch * PanelProduct<TSimd, TVector, TNarrow, TNarrowVector>.IssuedMultiplyAdds(_panels, _pixels);

        private int Strips => PanelProduct<TSimd, TVector, TNarrow, TNarrowVector>.Strips(_pixels);

        // A task is one panel of one strip of pixels; the panels of a strip follow one another.
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            int panels = _panels.Panels.Length, strips = Strips;
            while (first < end)
            {
                int firstPanel = first % panels;
                int endPanel = Math.Min(panels, firstPanel + end - first);
                int strip = first / panels;
                int image = strip / strips;
                strip %= strips;
                PanelProduct<TSimd, TVector, TNarrow, TNarrowVector>.Run(
                    _panels,
                    0,
                    firstPanel,
                    endPanel,
                    arguments.Inputs + ((nint)image * _geometry.InputChannels),
                    arguments.Outputs + ((nint)image * _geometry.OutputChannels),
                    _pixels,
                    strip,
                    strip + 1,
                    _clamp);
                first += endPanel - firstPanel;
            }
        }
    }
}
