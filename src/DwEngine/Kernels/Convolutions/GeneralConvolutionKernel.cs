using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// Convolution with any window and any groups: the input of a block of output rows is rearranged by <see cref="WindowGather"/> into this
/// worker's scratch, after which it is a matrix product like a pointwise convolution whose input rows are the taps.
/// </summary>
/// <typeparam name="TVector">The vectors of the instruction set.</typeparam>
/// <typeparam name="TNarrow">A vocabulary whose vectors are no longer than a panel is high, for the pixels that are left over.</typeparam>
internal sealed unsafe class GeneralConvolutionKernel<TVector, TNarrow> : KernelRow<ConvolutionProblem>
    where TVector : struct, IVector<TVector>
    where TNarrow : struct, IVector<TNarrow>
{
    public override string Name => "general";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ConvolutionProblem problem) => WindowGather.Suits(problem.Geometry.Window);

    protected override BoundKernel Create(ConvolutionProblem problem, PackedWeights weights) => new Bound(problem, weights);

    private sealed class Bound : BoundKernel
    {
        // The gathered rows are read once for each panel, so they should stay in the second-level cache beside the weights.
        private const int LargestScratch = 512 * 1024;

        // In vectors: each block reads all weights again, which do not stay in the second-level cache if they are many.
        private const double CostOfWeight = 0.5;
        private const int ManyWeights = 32 * 1024;

        private readonly GatheredConvolution<TVector, TNarrow> _convolution;
        private readonly ConvolutionGeometry _geometry;
        private readonly int _batch;
        private readonly int _workers;
        private readonly int _blockRows;
        private readonly int _blockColumns;
        private readonly int _blocksOfRow;
        private readonly int _blocks;

        public Bound(ConvolutionProblem problem, PackedWeights weights)
        {
            _convolution = new(problem, weights);
            _geometry = problem.Geometry;
            _batch = problem.Batch;
            _workers = problem.Workers;
            _blockRows = BlockRows.Cheapest(
                _geometry.OutputHeight, LargestScratch, rows => _convolution.GatheredBytes(rows, _geometry.OutputWidth), Cost);
            _blockColumns = _blockRows > 1 ? _geometry.OutputWidth : _convolution.BlockColumns();
            _blocksOfRow = CeilingDivide(_geometry.OutputWidth, _blockColumns);
            _blocks = checked(CeilingDivide(_geometry.OutputHeight, _blockRows) * _blocksOfRow);
        }

        public override bool ReadsExactly => true;

        public override int TaskCount => checked(_batch * _geometry.Groups * _blocks * _convolution.PanelCount);

        // Each call gathers the block with which it begins.
        public override int Parts => (long)_batch * _geometry.Groups * _blocks >= 16 ? base.Parts : 1;

        public override long ScratchBytes => _convolution.ScratchBytes(_blockRows, _blockColumns);

        public override long? IssuedMultiplyAdds =>
            (long)_batch * _geometry.Groups
            * Enumerable.Range(0, _blocks).Sum(block => _convolution.IssuedMultiplyAdds(BlockOf(block).Pixels));

        // A task is one panel over one block. The panels of a block follow one another, so a worker gathers each block once.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            float** outputs = _convolution.Outputs(arguments.Scratch), residuals = _convolution.Residuals(arguments);
            int panels = _convolution.PanelCount;
            while (first < end)
            {
                int firstPanel = first % panels;
                int endPanel = Math.Min(panels, firstPanel + end - first);
                int unit = first / panels;
                OutputBlock block = BlockOf(unit % _blocks);
                nint firstPixel = ((nint)block.Row * _geometry.OutputWidth) + block.Column;
                int group = unit / _blocks % _geometry.Groups;
                int image = unit / _blocks / _geometry.Groups;
                nint inputPlane = ((nint)image * _geometry.InputChannels) + (group * _geometry.GroupInputChannels);
                nint outputPlane = ((nint)image * _geometry.OutputChannels) + (group * _geometry.GroupOutputChannels);
                _convolution.Gather(arguments.Inputs + inputPlane, block, arguments.Scratch);
                for (int i = 0; i < _geometry.GroupOutputChannels; i++)
                {
                    outputs[i] = arguments.Outputs[outputPlane + i] + firstPixel;
                }

                PanelRange range = _convolution.RangeOf(group, firstPanel, endPanel, arguments.Scratch);
                range.Residuals = residuals is null ? null : residuals + outputPlane;
                range.FirstOfResidual = firstPixel;
                _convolution.Multiply(range, block.Pixels);
                first += endPanel - firstPanel;
            }
        }

        // Of all rows, in blocks of so many. Some images and groups stand for many.
        private double Cost(int rows)
        {
            int height = _geometry.OutputHeight, blocks = CeilingDivide(height, rows);
            int planes = (int)Math.Min((long)_batch * _geometry.Groups, 2L * _workers);
            return BlockRows.CostOfBusiest(
                _workers,
                planes * blocks,
                _convolution.PanelCount,
                block => _convolution.CostOfGather(Rows(block)),
                block => _convolution.CostOfProduct(Rows(block)) + CostOfWeights) / planes;

            int Rows(int block) => Math.Min(rows, height - (block % blocks * rows));
        }

        private double CostOfWeights
        {
            get
            {
                double weights = (double)_convolution.Panels.Depth * _geometry.GroupOutputChannels;
                return weights > ManyWeights ? CostOfWeight * weights : 0;
            }
        }

        private static int CeilingDivide(int value, int divisor) => ((value - 1) / divisor) + 1;

        private OutputBlock BlockOf(int block)
        {
            int row = block / _blocksOfRow * _blockRows, column = block % _blocksOfRow * _blockColumns;
            int rows = Math.Min(_blockRows, _geometry.OutputHeight - row);
            return new OutputBlock(row, rows, column, Math.Min(_blockColumns, _geometry.OutputWidth - column));
        }
    }
}
