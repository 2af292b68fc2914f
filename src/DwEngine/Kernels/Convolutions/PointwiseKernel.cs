using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// 1x1 convolution: a matrix product of the weights with the input planes, which are read where they lie, through a table of pointers, so a
/// shuffled, split or concatenated input costs nothing.
/// </summary>
internal sealed unsafe class PointwiseKernel<TSimd, TVector> : KernelRow<ConvolutionProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
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
        private readonly int _pixels = problem.Geometry.OutputHeight * problem.Geometry.OutputWidth;
        private readonly int _batch = problem.Batch;

        public override string Name => "pointwise";

        public override int TaskCount => checked(_batch * Strips * _panels.Panels.Length);

        private int Strips => (_pixels + PanelSweep<TSimd, TVector>.TilePixels - 1) / PanelSweep<TSimd, TVector>.TilePixels;

        // A task is one tile. The panels of a strip follow one another, so that the strip's inputs stay in the first-level cache.
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            int panels = _panels.Panels.Length;
            int strips = Strips;
            for (int task = first; task < end; task++)
            {
                int panelIndex = task % panels;
                int strip = task / panels;
                int image = strip / strips;
                int pixel = strip % strips * PanelSweep<TSimd, TVector>.TilePixels;
                Panel panel = _panels.Panels[panelIndex];
                PanelSweep<TSimd, TVector>.Run(
                    panel,
                    _panels.Biases(0, panelIndex),
                    arguments.Inputs + ((nint)image * _geometry.InputChannels),
                    _panels.Depth,
                    arguments.Outputs + ((nint)image * _geometry.OutputChannels) + panel.FirstRow,
                    pixel,
                    Math.Min(pixel + PanelSweep<TSimd, TVector>.TilePixels, _pixels),
                    _clamp);
            }
        }
    }
}
