using System.Runtime.CompilerServices;
using DwEngine.Kernels.Pooling;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// A convolution whose results are pooled as soon as a few rows of them are there, as in the stem of many networks: the large plane
/// between the two never leaves the caches.
/// </summary>
/// <typeparam name="TVector">The vectors of the instruction set.</typeparam>
/// <typeparam name="TNarrow">A vocabulary whose vectors are no longer than a panel is high, for the pixels that are left over.</typeparam>
internal sealed unsafe class ConvolutionMaxPoolKernel<TVector, TNarrow> : KernelRow<ConvolutionMaxPoolProblem>
    where TVector : struct, IVector<TVector>
    where TNarrow : struct, IVector<TNarrow>
{
    private const long MostRowFloats = 1 << 22;

    public override string Name => "convolution-max-pool";

    public override Isa Isa => TVector.Isa;

    // The rows between the two must fit in memory that is small beside a plane; else the two are better computed apart.
    public override bool Accepts(ConvolutionMaxPoolProblem problem)
    {
        ConvolutionGeometry geometry = problem.Convolution.Geometry;
        long rowFloats = ((long)geometry.GroupInputChannels * geometry.Window.Taps) + geometry.GroupOutputChannels;
        return !problem.Convolution.HasResidual
            && WindowGather.Suits(geometry.Window)
            && (long)geometry.OutputHeight * geometry.OutputWidth <= PlaneLayout.LongestPlane
            && 3 * rowFloats * geometry.OutputWidth <= MostRowFloats;
    }

    protected override BoundKernel Create(ConvolutionMaxPoolProblem problem, PackedWeights weights) =>
        new Bound(problem.Convolution, problem.Pool, weights);

    private sealed class Bound : BoundKernel
    {
        // What is convolved is pooled at once, so it should stay in the second-level cache beside what was gathered for it.
        private const int LargestScratch = 320 * 1024;

        private readonly GatheredConvolution<TVector, TNarrow> _convolution;
        private readonly ConvolutionGeometry _geometry;
        private readonly int _batch;
        private readonly int _height;
        private readonly int _width;
        private readonly int _pooledHeight;
        private readonly int _pooledWidth;
        private readonly int _firstMiddle;
        private readonly int _padLeft;
        private readonly int _blockRows;
        private readonly int _blocks;
        private readonly int _pitch;

        public Bound(ConvolutionProblem problem, Window pool, PackedWeights weights)
        {
            _convolution = new(problem, weights);
            _geometry = problem.Geometry;
            _batch = problem.Batch;
            (_height, _width) = (_geometry.OutputHeight, _geometry.OutputWidth);
            (_pooledHeight, _pooledWidth) = (pool.OutputHeight(_height), pool.OutputWidth(_width));
            (_firstMiddle, _padLeft) = (1 - pool.PadTop, pool.PadLeft);
            // A block computes two rows for each of its own.
            _blockRows = BlockRows.Cheapest(
                _pooledHeight,
                LargestScratch,
                rows => _convolution.GatheredBytes((2 * rows) + 1, _width)
                    + ((long)_geometry.GroupOutputChannels * Pitch(rows) * sizeof(float)),
                rows => (_pooledHeight + rows - 1) / rows * _convolution.Cost(2 * rows) / _pooledHeight);
            _blocks = (_pooledHeight + _blockRows - 1) / _blockRows;
            _pitch = Pitch(_blockRows);
        }

        public override bool ReadsExactly => true;

        public override int TaskCount => checked(_batch * _geometry.Groups * _blocks);

        // Each call computes a row again that belongs to the block before its first.
        public override int Parts => 2;

        public override long ScratchBytes =>
            _convolution.ScratchBytes((2 * _blockRows) + 1, _width) + ((long)_geometry.GroupOutputChannels * _pitch * sizeof(float));

        public override long? IssuedMultiplyAdds =>
            (long)_batch * _geometry.Groups * Enumerable.Range(0, _blocks).Sum(
                block => _convolution.IssuedMultiplyAdds((EndRow(block) - FirstRow(block, hasRowBefore: block > 0)) * _width));

        // A task is one block of pooled rows of one group.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            float* convolved = (float*)(arguments.Scratch + _convolution.ScratchBytes((2 * _blockRows) + 1, _width));
            for (int task = first; task < end; task++)
            {
                int block = task % _blocks;
                int group = task / _blocks % _geometry.Groups, image = task / _blocks / _geometry.Groups;
                nint inputPlane = ((nint)image * _geometry.InputChannels) + (group * _geometry.GroupInputChannels);
                nint outputPlane = ((nint)image * _geometry.OutputChannels) + (group * _geometry.GroupOutputChannels);
                bool hasRowBefore = task > first && block > 0;
                Convolve(arguments.Inputs + inputPlane, group, block, hasRowBefore, arguments.Scratch, convolved);
                Pool(convolved, block, arguments.Outputs + outputPlane);
            }
        }

        // The block's rows of a channel lie behind room for the row before them, which is the last of the block before or has to be
        // computed.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Convolve(float** planes, int group, int block, bool hasRowBefore, byte* scratch, float* convolved)
        {
            int begin = Begin(block), firstRow = FirstRow(block, hasRowBefore), endRow = EndRow(block);
            float** outputs = _convolution.Outputs(scratch);
            for (int channel = 0; channel < _geometry.GroupOutputChannels; channel++)
            {
                float* rows = convolved + ((nint)channel * _pitch);
                if (hasRowBefore)
                {
                    float* last = rows + ((nint)2 * _blockRows * _width);
                    new ReadOnlySpan<float>(last, _width).CopyTo(new Span<float>(rows, _width));
                }

                outputs[channel] = rows + ((nint)(firstRow - begin + 1) * _width);
            }

            _convolution.Gather(planes, new OutputBlock(firstRow, endRow - firstRow, 0, _width), scratch);
            _convolution.Multiply(_convolution.RangeOf(group, 0, _convolution.PanelCount, scratch), (endRow - firstRow) * _width);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Pool(float* convolved, int block, float** outputs)
        {
            int firstRow = block * _blockRows, endRow = Math.Min(firstRow + _blockRows, _pooledHeight);
            for (int channel = 0; channel < _geometry.GroupOutputChannels; channel++)
            {
                float* centre = convolved + ((nint)channel * _pitch) + _width;
                float* output = outputs[channel] + ((nint)firstRow * _pooledWidth);
                for (int row = firstRow; row < endRow; row++, centre += 2 * _width, output += _pooledWidth)
                {
                    int middle = (2 * row) + _firstMiddle;
                    float* above = middle == 0 ? centre : centre - _width, below = middle + 1 == _height ? centre : centre + _width;
                    MaxPoolRow<TVector>.Run(above, centre, below, _width, _padLeft, output, _pooledWidth);
                }
            }
        }

        // The row that the block's first windows have in their middle; the row before it belongs to the block before.
        private int Begin(int block) => (2 * block * _blockRows) + _firstMiddle;

        // The first row that has to be computed.
        private int FirstRow(int block, bool hasRowBefore) => hasRowBefore ? Begin(block) : Math.Max(Begin(block) - 1, 0);

        // The row after the last one that the block's windows see first.
        private int EndRow(int block) => Math.Min((2 * Math.Min((block + 1) * _blockRows, _pooledHeight)) + _firstMiddle, _height);

        // Floats of a channel: the row before a block and its rows.
        private int Pitch(int rows) => PlaneLayout.OddLines(checked(((2 * rows) + 1) * _width));
    }
}
