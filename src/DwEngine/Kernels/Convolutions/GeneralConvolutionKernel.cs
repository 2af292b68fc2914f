using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// Convolution with any window and any groups: the input of a block of output rows is rearranged by <see cref="WindowGather"/> into this worker's scratch, after
/// which it is a matrix product like a pointwise convolution whose input rows are the taps.
/// </summary>
/// <typeparam name="TSimd">The instruction set.</typeparam>
/// <typeparam name="TVector">Its vector.</typeparam>
/// <typeparam name="TNarrow">A vocabulary whose vectors are no longer than a panel is high, for the pixels that are left over.</typeparam>
/// <typeparam name="TNarrowVector">Its vector.</typeparam>
internal sealed unsafe class GeneralConvolutionKernel<TSimd, TVector, TNarrow, TNarrowVector> : KernelRow<ConvolutionProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
    where TNarrow : struct, ISimd<TNarrowVector>
    where TNarrowVector : struct
{
    public override string Name => "general";

    public override Isa Isa => TSimd.Isa;

    public override bool Accepts(ConvolutionProblem problem) => true;

    public override BoundKernel Bind(ConvolutionProblem problem, PackedWeights weights) => new Bound(problem, weights);

    private sealed class Bound : BoundKernel
    {
        // The gathered rows are read once for each panel, so they should stay in the second-level cache beside the weights.
        private const int LargestScratch = 256 * 1024;

        private readonly PackedPanels _panels;
        private readonly ConvolutionGeometry _geometry;
        private readonly Clamp _clamp;
        private readonly int _batch;
        private readonly WindowGather _gather;
        private readonly int _blockRows;
        private readonly int _blocks;

        public Bound(ConvolutionProblem problem, PackedWeights weights)
        {
            _panels = new PackedPanels(problem, weights);
            _geometry = problem.Geometry;
            _clamp = problem.Clamp;
            _batch = problem.Batch;
            _gather = new WindowGather(_geometry.Window, _geometry.InputHeight, _geometry.InputWidth);
            _blockRows = BestBlock();
            _blocks = (_geometry.OutputHeight + _blockRows - 1) / _blockRows;
        }

        public override string Name => "general";

        public override bool ReadsExactly => true;

        public override int TaskCount => checked(_batch * _geometry.Groups * _blocks * _panels.Panels.Length);

        // Each call gathers the block with which it begins.
        public override int Parts => (long)_batch * _geometry.Groups * _blocks >= 16 ? base.Parts : 1;

        public override long ScratchBytes => PointerBytes + ((long)_geometry.GroupInputChannels * _gather.Length(_blockRows) * sizeof(float));

        public override long? IssuedMultiplyAdds => (long)_batch * _geometry.Groups * Enumerable.Range(0, _blocks).Sum(block =>
            PanelProduct<TSimd, TVector, TNarrow, TNarrowVector>.IssuedMultiplyAdds(
                _panels, 0, _panels.Panels.Length, Math.Min(_blockRows, _geometry.OutputHeight - (block * _blockRows)) * _geometry.OutputWidth));

        // Pointers to the taps and to the output rows of a group.
        private long PointerBytes => (_panels.Depth + _geometry.GroupOutputChannels + 7L) / 8 * 8 * sizeof(float*);

        // A task is one panel over one block of rows. The panels of a block follow one another, so a worker gathers each block once.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            float** taps = (float**)arguments.Scratch;
            float** outputs = taps + _panels.Depth;
            float* gathered = (float*)(arguments.Scratch + PointerBytes);
            int panels = _panels.Panels.Length;
            while (first < end)
            {
                int firstPanel = first % panels;
                int endPanel = Math.Min(panels, firstPanel + end - first);
                int unit = first / panels;
                int row = unit % _blocks * _blockRows;
                int rows = Math.Min(_blockRows, _geometry.OutputHeight - row);
                int group = unit / _blocks % _geometry.Groups;
                int image = unit / _blocks / _geometry.Groups;
                nint inputPlane = ((nint)image * _geometry.InputChannels) + (group * _geometry.GroupInputChannels);
                nint outputPlane = ((nint)image * _geometry.OutputChannels) + (group * _geometry.GroupOutputChannels);
                Gather(arguments.Inputs + inputPlane, row, rows, gathered, taps);
                for (int i = 0; i < _geometry.GroupOutputChannels; i++)
                {
                    outputs[i] = arguments.Outputs[outputPlane + i] + ((nint)row * _geometry.OutputWidth);
                }

                int pixels = rows * _geometry.OutputWidth;
                PanelProduct<TSimd, TVector, TNarrow, TNarrowVector>.Run(
                    _panels, group, firstPanel, endPanel, taps, outputs, pixels, 0, PanelProduct<TSimd, TVector, TNarrow, TNarrowVector>.Strips(pixels), _clamp);
                first += endPanel - firstPanel;
            }
        }

        // The number of rows that costs least: large blocks gather fewer rows twice, and some lengths fill the tiles better than others.
        private int BestBlock()
        {
            int height = _geometry.OutputHeight, best = 1;
            double bestCost = double.PositiveInfinity;
            for (int rows = 1; rows <= height; rows++)
            {
                long gathered = (long)_geometry.GroupInputChannels * _gather.Length(rows);
                if (rows > 1 && gathered * sizeof(float) > LargestScratch)
                {
                    break;
                }

                int whole = height / rows, rest = height % rows;
                double cost = (whole * Cost(rows)) + (rest > 0 ? Cost(rest) : 0);
                if (cost < bestCost)
                {
                    (best, bestCost) = (rows, cost);
                }
            }

            return best;

            // In vectors: those that the tiles multiply, and those that are gathered, which cost about as much as two of them.
            double Cost(int rows) =>
                (PanelProduct<TSimd, TVector, TNarrow, TNarrowVector>.Cost(rows * _geometry.OutputWidth) * _panels.Depth * _geometry.GroupOutputChannels)
                + (2.0 * _geometry.GroupInputChannels * _gather.Length(rows) / TSimd.Lanes);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Gather(float** planes, int row, int rows, float* gathered, float** taps)
        {
            Window window = _geometry.Window;
            int length = _gather.Length(rows);
            for (int channel = 0; channel < _geometry.GroupInputChannels; channel++, gathered += length)
            {
                _gather.Run<TSimd, TVector>(planes[channel], row, rows, 0, gathered);
                for (int ky = 0; ky < window.KernelHeight; ky++)
                {
                    for (int kx = 0; kx < window.KernelWidth; kx++)
                    {
                        *taps++ = gathered + _gather.TapOffset(ky, kx, rows);
                    }
                }
            }
        }
    }
}
