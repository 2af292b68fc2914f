using System.Runtime.CompilerServices;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// A depthwise 3x3 convolution together with the convolutions before and after it, a few rows at a time, so that the many channels between
/// them never leave the caches. Each is computed as by its own kernel, bit for bit.
/// </summary>
/// <typeparam name="TVector">The vectors of the instruction set.</typeparam>
/// <typeparam name="TNarrow">A vocabulary whose vectors are no longer than a panel is high, for the pixels that are left over.</typeparam>
internal sealed unsafe class SeparableKernel<TVector, TNarrow> : KernelRow<SeparableProblem>
    where TVector : struct, IVector<TVector>
    where TNarrow : struct, IVector<TNarrow>
{
    private const long MostRowFloats = 1 << 22;

    public override string Name => "separable";

    public override Isa Isa => TVector.Isa;

    // A row of what lies between must fit in memory that is small beside a plane; else they are better computed apart.
    public override bool Accepts(SeparableProblem problem)
    {
        ConvolutionGeometry geometry = problem.Depthwise.Geometry;
        return (problem.Expansion is not null || problem.Projection is not null)
            && (IsPointwise(problem.Expansion) || IsGathered(problem.Expansion!)) && IsPointwise(problem.Projection)
            && problem is { Expansion: null or { HasResidual: false }, Depthwise.HasResidual: false }
            && geometry is { GroupInputChannels: 1, GroupOutputChannels: 1 }
            && (geometry.Window == Window.Square(3, 1, 1) || geometry.Window == Window.Square(3, 2, 1))
            && (long)geometry.InputHeight * geometry.InputWidth <= PlaneLayout.LongestPlane
            && 4L * geometry.InputChannels * geometry.InputWidth <= MostRowFloats;
    }

    protected override BoundKernel Create(SeparableProblem problem, PackedWeights weights) => new Bound(problem, weights);

    private static bool IsPointwise(ConvolutionProblem? problem) =>
        problem is null or { Geometry: { Groups: 1, Window.IsPointwise: true } };

    // One with a stride, as networks begin with. Others have kernels that compute them in another order: those without a stride Winograd's,
    // those of one input channel the depthwise ones.
    private static bool IsGathered(ConvolutionProblem problem)
    {
        Window window = problem.Geometry.Window;
        return problem.Geometry is { Groups: 1, InputChannels: > 1 }
            && (window.StrideY > 1 || window.StrideX > 1)
            && WindowGather.Suits(window)
            && 4L * problem.Geometry.InputChannels * window.Taps * problem.Geometry.OutputWidth <= MostRowFloats;
    }

    private sealed class Bound : BoundKernel
    {
        private const int Kernel = 3;

        // What is expanded is read at once, so it should stay in the second-level cache beside the weights.
        private const int LargestScratch = 448 * 1024;

        // In vectors: each block reads all weights again.
        private const double CostOfWeight = 0.25;

        // In vectors: what a vector of the depthwise convolution costs beside its multiply-adds, and one that is moved for the next block.
        private const double CostOfDepthwise = 12, CostOfMove = 2;

        // A block begins behind so many floats: the expansion starts on a vector of its input planes.
        private const int Slack = PlaneLayout.ReadAhead;

        private readonly bool _expands;
        private readonly PackedPanels? _expansion;
        private readonly GatheredConvolution<TVector, TNarrow>? _gathered;
        private readonly PackedPanels? _projection;
        private readonly Epilogue _expansionEpilogue;
        private readonly Epilogue _depthwiseEpilogue;
        private readonly Epilogue _projectionEpilogue;
        private readonly AlignedBuffer _weights;
        private readonly AlignedBuffer? _masks;
        private readonly ConvolutionGeometry _geometry;
        private readonly int _batch;
        private readonly int _inputs;
        private readonly int _outputs;
        private readonly int _channels;
        private readonly int _stride;
        private readonly int _height;
        private readonly int _width;
        private readonly int _outputHeight;
        private readonly int _outputWidth;
        private readonly int _blockRows;
        private readonly int _blocks;
        private readonly int _parts;
        private readonly int _expandedPitch;
        private readonly int _weightedPitch;

        public Bound(SeparableProblem problem, PackedWeights weights)
        {
            _geometry = problem.Depthwise.Geometry;
            _batch = problem.Batch;
            (_inputs, _outputs, _channels) = (problem.InputChannels, problem.OutputChannels, _geometry.OutputChannels);
            _stride = _geometry.Window.StrideY;
            (_height, _width) = (_geometry.InputHeight, _geometry.InputWidth);
            (_outputHeight, _outputWidth) = (_geometry.OutputHeight, _geometry.OutputWidth);
            _weights = DepthwiseWeights.Pack(problem.Depthwise, weights);
            _depthwiseEpilogue = problem.Depthwise.EpilogueFor(TVector.Isa);
            _expands = problem.Expansion is not null;
            if (problem.Expansion is { } other && !IsPointwise(other))
            {
                _gathered = new(other, weights);
            }
            else if (problem.Expansion is { } expansion)
            {
                _expansion = new PackedPanels(expansion, weights);
                _expansionEpilogue = expansion.EpilogueFor(TVector.Isa);
            }

            if (problem.Projection is { } projection)
            {
                _projection = new PackedPanels(projection, weights);
                _projectionEpilogue = new Epilogue(
                    projection.Activation, TVector.Isa, projection.HasResidual ? checked(_batch * _inputs) : null);
            }

            // Each worker should have blocks enough to give some away.
            int most = problem.Workers == 1 ? _outputHeight : Math.Max(1, _outputHeight / (2 * problem.Workers));
            _blockRows = BlockRows.Cheapest(most, LargestScratch, BlockBytes, Cost);
            _blocks = ((_outputHeight - 1) / _blockRows) + 1;
            _parts = problem.Workers == 1 ? base.Parts : 2;
            _expandedPitch = ExpandedPitch(_blockRows);
            _weightedPitch = WeightedPitch(_blockRows);
            _masks = _stride == 1 ? Depthwise3x3Stream<TVector>.ColumnMasks(checked(_blockRows * _width), _width, weights) : null;
        }

        // Every 1x1 convolution reads ahead.
        public override bool ReadsExactly => _expansion is null;

        public override int TaskCount => checked(_batch * _blocks);

        // Each call expands rows again that belong to the block before its first.
        public override int Parts => _parts;

        public override long ScratchBytes => checked(
            GatherBytes + TableBytes + ZeroBytes + ((long)_channels * (_expandedPitch + _weightedPitch) * sizeof(float)));

        public override long? IssuedMultiplyAdds
        {
            get
            {
                long issued = 0;
                for (int block = 0; block < _blocks; block++)
                {
                    (int row, int end) = RowsOf(block);
                    if (_expands)
                    {
                        (int firstPixel, int endPixel) = Expanded(row, end, isNext: block > 0);
                        issued += _gathered is not null ? _gathered.IssuedMultiplyAdds(endPixel - firstPixel)
                            : PanelProduct<TVector, TNarrow>.IssuedMultiplyAdds(
                                _expansion!, 0, _expansion!.Panels.Length, endPixel - firstPixel);
                    }

                    int pixels = (end - row) * _outputWidth;
                    issued += 9L * _channels * (_stride == 1
                        ? PlaneLayout.RoundUp(pixels, TVector.Lanes)
                        : (long)(end - row) * PlaneLayout.RoundUp(_outputWidth, TVector.Lanes));
                    issued += _projection is null ? 0 : PanelProduct<TVector, TNarrow>.IssuedMultiplyAdds(
                        _projection, 0, _projection.Panels.Length, pixels);
                }

                return _batch * issued;
            }
        }

        private long GatherBytes => _gathered is null ? 0 : _gathered.ScratchBytes(ExpandedRows(_blockRows), _width);

        private long TableBytes => PlaneLayout.RoundUpBytes(((2L * _channels) + _inputs + _outputs) * sizeof(float*));

        private long ZeroBytes => PlaneLayout.RoundUp((long)_width) * sizeof(float);

        // A task is one block of output rows of an image.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            float* zeros = (float*)(Table(arguments) + TableBytes);
            new Span<float>(zeros, _width).Clear();
            float* expanded = zeros + PlaneLayout.RoundUp(_width) + Slack;
            float* weighted = expanded - Slack + ((nint)_channels * _expandedPitch);
            for (int task = first; task < end; task++)
            {
                int image = task / _blocks, block = task % _blocks;
                (int row, int endRow) = RowsOf(block);
                if (_expands)
                {
                    Expand(arguments, image, row, endRow, isNext: task > first && block > 0, expanded);
                }

                Weight(arguments, image, row, endRow, expanded, zeros, weighted);
                if (_projection is not null)
                {
                    Project(arguments, image, row, endRow, weighted);
                }
            }
        }

        // The expanded rows that a block's windows see. Of each channel the row of the first window's upper edge comes first, whether it
        // exists or not; the rows that the block before has left are moved there.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Expand(in KernelArguments arguments, int image, int row, int endRow, bool isNext, float* expanded)
        {
            int top = (row * _stride) - 1;
            (int firstPixel, int endPixel) = Expanded(row, endRow, isNext);
            float** inputs = (float**)Table(arguments), planes = arguments.Inputs + ((nint)image * _inputs);
            float** outputs = _gathered is null ? inputs + _inputs : _gathered.Outputs(arguments.Scratch);
            nint moved = (nint)_blockRows * _stride * _width, offset = firstPixel - ((nint)top * _width);
            for (int channel = 0; channel < _channels; channel++)
            {
                float* rows = expanded + ((nint)channel * _expandedPitch);
                if (isNext)
                {
                    int kept = (Kernel - _stride) * _width;
                    new ReadOnlySpan<float>(rows + moved, kept).CopyTo(new Span<float>(rows, kept));
                }

                outputs[channel] = rows + offset;
            }

            if (_gathered is not null)
            {
                var block = new OutputBlock(firstPixel / _width, (endPixel - firstPixel) / _width, 0, _width);
                _gathered.Gather(planes, block, arguments.Scratch);
                _gathered.Multiply(_gathered.RangeOf(0, 0, _gathered.PanelCount, arguments.Scratch), endPixel - firstPixel);
                return;
            }

            for (int channel = 0; channel < _inputs; channel++)
            {
                inputs[channel] = planes[channel] + firstPixel;
            }

            var range = new PanelRange { Panels = _expansion!, Epilogue = _expansionEpilogue, Inputs = inputs, Outputs = outputs };
            Multiply(ref range, endPixel - firstPixel);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Weight(in KernelArguments arguments, int image, int row, int endRow, float* expanded, float* zeros, float* weighted)
        {
            int top = (row * _stride) - 1, bottom = Math.Min((endRow * _stride) + Kernel - 1 - _stride, _height);
            int pixels = (endRow - row) * _outputWidth;
            float** results = (float**)Table(arguments) + _inputs + _channels;
            float** inputs = arguments.Inputs + ((nint)image * _inputs), outputs = arguments.Outputs + ((nint)image * _outputs);
            for (int channel = 0; channel < _channels; channel++)
            {
                float* source = !_expands
                    ? inputs[channel] + ((nint)row * _stride * _width)
                    : expanded + ((nint)channel * _expandedPitch) + _width;
                float* result = _projection is null
                    ? outputs[channel] + ((nint)row * _outputWidth)
                    : weighted + ((nint)channel * _weightedPitch);
                float* weights = _weights.Floats + (channel * DepthwiseWeights.Pitch(Kernel * Kernel));
                results[channel] = result;
                if (_stride == 1)
                {
                    var stream = new Depthwise3x3Arguments
                    {
                        Input = source,
                        Begin = row == 0 ? 0 : -_width,
                        End = (bottom - row) * _width,
                        Output = result,
                        Pixels = pixels,
                        Width = _width,
                        Masks = _masks!.Floats,
                        Weights = weights,
                        Clamp = _depthwiseEpilogue.Clamp,
                    };
                    Depthwise3x3Stream<TVector>.Run(stream);
                }
                else
                {
                    var rows = new Depthwise3x3Stride2Arguments
                    {
                        Input = source,
                        BeginsAbove = row > 0,
                        EndsBelow = bottom - top < ((endRow - row - 1) * _stride) + Kernel,
                        Width = _width,
                        Output = result,
                        Rows = endRow - row,
                        OutputWidth = _outputWidth,
                        Zeros = zeros,
                        Weights = weights,
                        Clamp = _depthwiseEpilogue.Clamp,
                    };
                    Depthwise3x3Stride2Rows<TVector>.Run(rows);
                }

                _depthwiseEpilogue.Finish(results + channel, 0, null, 0, 1, pixels);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Project(in KernelArguments arguments, int image, int row, int endRow, float* weighted)
        {
            float** inputs = (float**)Table(arguments) + _inputs + _channels, outputs = inputs + _channels;
            float** planes = arguments.Outputs + ((nint)image * _outputs), residuals = _projectionEpilogue.Residuals(arguments);
            nint firstPixel = (nint)row * _outputWidth;
            for (int channel = 0; channel < _outputs; channel++)
            {
                outputs[channel] = planes[channel] + firstPixel;
            }

            var range = new PanelRange { Panels = _projection!, Epilogue = _projectionEpilogue, Inputs = inputs, Outputs = outputs };
            range.Residuals = residuals is null ? null : residuals + ((nint)image * _outputs);
            range.FirstOfResidual = firstPixel;
            Multiply(ref range, (endRow - row) * _outputWidth);
        }

        // Behind what is gathered: the pointers, zeros, and the rows between the convolutions.
        private byte* Table(in KernelArguments arguments) => arguments.Scratch + GatherBytes;

        // All panels over so many pixels.
        private static void Multiply(ref PanelRange range, int pixels)
        {
            range.End = range.Panels.Panels.Length;
            PanelProduct<TVector, TNarrow>.Run(range, pixels, 0, PanelProduct<TVector, TNarrow>.Strips(pixels));
        }

        private (int Row, int End) RowsOf(int block) => (block * _blockRows, Math.Min((block + 1) * _blockRows, _outputHeight));

        // The pixels to expand: those of whole rows that are not there yet, of a 1x1 convolution from the start of a vector on.
        private (int First, int End) Expanded(int row, int endRow, bool isNext)
        {
            int firstRow = Math.Max((row * _stride) - 1 + (isNext ? Kernel - _stride : 0), 0);
            int bottom = Math.Min((endRow * _stride) + Kernel - 1 - _stride, _height);
            int first = firstRow * _width;
            return (_gathered is null ? first - (first % PlaneLayout.ReadAhead) : first, bottom * _width);
        }

        // Of all rows, in blocks of so many.
        private double Cost(int rows)
        {
            double blocks = Math.Ceiling((double)_outputHeight / rows), vectors = (double)rows * _outputWidth / TVector.Lanes;
            double cost = CostOfDepthwise * _channels * vectors;
            if (_expands)
            {
                cost += _gathered is not null ? _gathered.Cost(rows * _stride)
                    : PanelProduct<TVector, TNarrow>.Cost(rows * _stride * _width) * _inputs * _channels;
                cost += CostOfMove * (Kernel - _stride) * _width / TVector.Lanes * _channels;
                cost += CostOfWeight * _inputs * _channels;
            }

            if (_projection is not null)
            {
                cost += (PanelProduct<TVector, TNarrow>.Cost(rows * _outputWidth) + CostOfWeight) * _outputs * _channels;
            }

            // A last block of fewer rows costs about its share.
            return cost * Math.Max(blocks - 1 + (_outputHeight - ((blocks - 1) * rows)) / rows, 1);
        }

        private long BlockBytes(int rows) => checked(
            ((long)_channels * (ExpandedPitch(rows) + WeightedPitch(rows)) * sizeof(float))
            + (_gathered is null ? 0 : _gathered.GatheredBytes(ExpandedRows(rows), _width)));

        // All rows that the windows of so many see.
        private int ExpandedRows(int rows) => ((rows - 1) * _stride) + Kernel;

        // Floats of a channel.
        private int ExpandedPitch(int rows) => !_expands ? 0
            : PlaneLayout.OddLines(checked((ExpandedRows(rows) * _width) + (2 * Slack)));

        private int WeightedPitch(int rows) => _projection is null ? 0 : PlaneLayout.OddLines(checked(rows * _outputWidth));
    }
}
