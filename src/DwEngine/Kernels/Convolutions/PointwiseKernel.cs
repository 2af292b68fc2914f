using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// 1x1 convolution: a matrix product of the weights with the input planes, which are read where they lie, through a table of pointers, so a
/// shuffled, split or concatenated input costs nothing.
/// </summary>
/// <typeparam name="TVector">The vectors of the instruction set.</typeparam>
/// <typeparam name="TNarrow">A vocabulary whose vectors are no longer than a panel is high, for the pixels that are left over.</typeparam>
internal sealed unsafe class PointwiseKernel<TVector, TNarrow> : KernelRow<ConvolutionProblem>
    where TVector : struct, IVector<TVector>
    where TNarrow : struct, IVector<TNarrow>
{
    public override string Name => "pointwise";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ConvolutionProblem problem) => problem.Geometry is { Groups: 1, Window.IsPointwise: true };

    protected override BoundKernel Create(ConvolutionProblem problem, PackedWeights weights) => new Bound(problem, weights);

    private sealed class Bound : BoundKernel
    {
        // Panels whose weights are used for all pixels before those of others are read: they should stay in the second-level cache beside
        // the inputs.
        private const int WeightBytes = 256 * 1024;

        private readonly PackedPanels _panels;
        private readonly ConvolutionGeometry _geometry;
        private readonly Epilogue _epilogue;
        private readonly int _batch;
        private readonly int _pixels;
        private readonly int _strips;
        private readonly int _panelsTogether;

        public Bound(ConvolutionProblem problem, PackedWeights weights)
        {
            _panels = new PackedPanels(problem, weights);
            _geometry = problem.Geometry;
            _epilogue = problem.EpilogueFor(TVector.Isa);
            _batch = problem.Batch;
            _pixels = checked(_geometry.OutputHeight * _geometry.OutputWidth);
            _strips = PanelProduct<TVector, TNarrow>.Strips(_pixels);
            long panelBytes = (long)_panels.Depth * _panels.Panels[0].Height * sizeof(float);
            _panelsTogether = (int)Math.Clamp(WeightBytes / panelBytes, 1, _panels.Panels.Length);
        }

        public override int TaskCount => checked(_batch * _strips * _panels.Panels.Length);

        public override long? IssuedMultiplyAdds
        {
            get
            {
                long issued = 0;
                for (int first = 0; first < _panels.Panels.Length; first += _panelsTogether)
                {
                    issued += PanelProduct<TVector, TNarrow>.IssuedMultiplyAdds(
                        _panels, first, Math.Min(first + _panelsTogether, _panels.Panels.Length), _pixels);
                }

                return _batch * issued;
            }
        }

        // A task is one panel of one strip of pixels. Tasks go by panel within a strip, by strip within panels that stay together, then
        // by these and by image.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            int panels = _panels.Panels.Length, tasksOfImage = _strips * panels, tasksTogether = _strips * _panelsTogether;
            float** residuals = _epilogue.Residuals(arguments);
            PanelRange range = default;
            range.Panels = _panels;
            range.Epilogue = _epilogue;
            while (first < end)
            {
                int image = first / tasksOfImage, task = first % tasksOfImage;
                int firstTogether = task / tasksTogether * _panelsTogether;
                int together = Math.Min(_panelsTogether, panels - firstTogether);
                task -= firstTogether * _strips;
                int strip = task / together, panel = task % together;
                int count = Math.Min(together - panel, end - first);
                range.First = firstTogether + panel;
                range.End = range.First + count;
                range.Inputs = arguments.Inputs + ((nint)image * _geometry.InputChannels);
                range.Outputs = arguments.Outputs + ((nint)image * _geometry.OutputChannels);
                range.Residuals = residuals is null ? null : residuals + ((nint)image * _geometry.OutputChannels);
                PanelProduct<TVector, TNarrow>.Run(range, _pixels, strip, strip + 1);
                first += count;
            }
        }
    }
}
