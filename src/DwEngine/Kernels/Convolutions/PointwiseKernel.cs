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

    private sealed class Bound : BoundKernel
    {
        private readonly PackedPanels _panels;
        private readonly ConvolutionGeometry _geometry;
        private readonly Clamp _clamp;
        private readonly int _batch;
        private readonly int _pixels;
        private readonly int _rest;
        private readonly int _strips;

        public Bound(ConvolutionProblem problem, PackedWeights weights)
        {
            _panels = new PackedPanels(problem, weights);
            _geometry = problem.Geometry;
            _clamp = problem.Clamp;
            _batch = problem.Batch;
            int pixels = problem.Geometry.OutputHeight * problem.Geometry.OutputWidth;
            int rest = pixels % TSimd.Lanes;
            // With vectors of four, several pixels left over cost a vector of pixels no more than a vector of channels for each of them.
            _rest = rest <= (TSimd.Lanes > 4 ? TSimd.Lanes / 2 : 1) ? rest : 0;
            _pixels = pixels - _rest;
            _strips = Math.Max(1, (_pixels + PanelSweep<TSimd, TVector>.TilePixels - 1) / PanelSweep<TSimd, TVector>.TilePixels);
        }

        public override string Name => "pointwise";

        public override int TaskCount => checked(_batch * _strips * _panels.Panels.Length);

        // A task is one panel of one strip of pixels. The panels of a strip follow one another, so that the strip's inputs stay in the first-level cache.
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            int panels = _panels.Panels.Length;
            while (first < end)
            {
                int firstPanel = first % panels;
                int endPanel = Math.Min(panels, firstPanel + end - first);
                int strip = first / panels;
                RunStrip(arguments, strip / _strips, strip % _strips, firstPanel, endPanel);
                first += endPanel - firstPanel;
            }
        }

        private void RunStrip(in KernelArguments arguments, int image, int strip, int firstPanel, int endPanel)
        {
            float** inputs = arguments.Inputs + ((nint)image * _geometry.InputChannels);
            float** outputs = arguments.Outputs + ((nint)image * _geometry.OutputChannels);
            int pixel = strip * PanelSweep<TSimd, TVector>.TilePixels;
            int endPixel = Math.Min(pixel + PanelSweep<TSimd, TVector>.TilePixels, _pixels);
            for (int index = firstPanel; index < endPanel; index++)
            {
                Panel panel = _panels.Panels[index];
                PanelSweep<TSimd, TVector>.Run(
                    panel, _panels.Biases(0, index), inputs, _panels.Depth, outputs + panel.FirstRow, pixel, endPixel, _clamp);
            }

            if (_rest > 0 && strip == _strips - 1)
            {
                ColumnTile<TNarrow, TNarrowVector>.Run(_panels, firstPanel, endPanel, inputs, _pixels, _rest, outputs, _clamp);
            }
        }
    }
}
