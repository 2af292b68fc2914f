using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DwEngine.Runtime;

namespace DwEngine.Vision.Frames;

/// <summary>
/// The work on a frame: first its rows are converted and resampled across, a block of them in each task; then each task resamples down and
/// normalises one row of the input. Samples are rounded to 8 bits after each step, as in pictures of files.
/// </summary>
/// <remarks>
/// The lanes of vectors are pixels of different rows of the upright picture in the first step, and of different columns in the second. So
/// one kernel serves both, and pairs of neighbours are transposed between rows and lanes. Of a frame that is turned, the columns are the
/// rows of the upright picture and lie in lanes already.
/// </remarks>
internal sealed unsafe class FrameConversion : SessionWork
{
    private const int Alignment = 64;

    private readonly FrameKernels _kernels;
    private readonly FrameSource _source;
    private readonly FrameTarget _target;
    private readonly FrameAxis _across, _down;
    private readonly bool _isTurned;
    private readonly int _channels, _rowPitch, _readBytes, _blockBytes, _scratchBytes;
    private readonly long _pairStride;

    // Of each channel the pairs of rows that the first step leaves.
    private readonly byte[] _narrowed;
    private readonly nint _channelBytes;
    private readonly float[] _padding;
    private byte[][] _scratch = [];
    private byte* _frame;
    private float* _output;

    public FrameConversion(
        FrameKernels kernels, FrameSource source, FrameTarget target, FrameAxis across, FrameAxis down, bool isTurned)
    {
        (_kernels, _source, _target, _across, _down, _isTurned) = (kernels, source, target, across, down, isTurned);
        _channels = source.Pixels.Channels();
        int pairs = RoundUp((across.Count + 1) / 2, Interleaving.Tile);
        _rowPitch = isTurned ? _kernels.BlockLanes : RoundUp(2 * pairs, Alignment) + Alignment;
        _readBytes = _rowPitch * RgbImage.Channels * (isTurned ? 2 : Interleaving.Tile);
        _blockBytes = pairs * _kernels.PairBytes;
        _scratchBytes = Alignment + _readBytes + (_channels * _blockBytes)
            + (RoundUp(across.Length, Interleaving.Tile) * _kernels.BlockLanes);
        _pairStride = 2L * RoundUp(across.Length, _kernels.BlockLanes);
        long channelBytes = _pairStride * Blocks * (_kernels.BlockLanes / 2);
        if (channelBytes * _channels > (long)RgbImage.Channels * ImageDecoder.MaxPixels)
        {
            throw new FrameException(
                $"The picture of {across.Length} x {down.Count} pixels between the two steps of resizing exceeds the limit of "
                    + $"{ImageDecoder.MaxPixels} pixels.");
        }

        _channelBytes = (nint)channelBytes;
        _narrowed = GC.AllocateUninitializedArray<byte>((int)(channelBytes * _channels) + Alignment, pinned: true);
        float[] normalised = Preprocessing.Normalise(target.Mean, target.StandardDeviation);
        _padding = [.. Enumerable.Range(0, RgbImage.Channels).Select(colour => normalised[(colour * 256) + target.Padding])];
    }

    public override int StepCount => 2;

    private int Blocks => (_down.Count + _kernels.BlockLanes - 1) / _kernels.BlockLanes;

    /// <summary>Converts a frame, on the threads of a session if there is one.</summary>
    public void Run(byte* frame, float* output, Session? session)
    {
        Provide(session?.Threads ?? 1);
        _frame = frame;
        _output = output;
        if (session is not null)
        {
            session.Run(this);
            return;
        }

        for (int step = 0; step < StepCount; step++)
        {
            Run(step, 0, TaskCount(step), 0);
        }
    }

    public override int TaskCount(int step) => step == 0 ? Blocks : _target.Height;

    public override void Run(int step, int first, int end, int worker)
    {
        for (int task = first; task < end; task++)
        {
            if (step == 0)
            {
                Narrow(task, Align(_scratch[worker]));
            }
            else
            {
                WriteRow(task);
            }
        }
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    // Only of pinned arrays.
    private static byte* Align(byte[] pinned)
    {
        byte* start = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
        return (byte*)(((nint)start + Alignment - 1) & -Alignment);
    }

    private void Provide(int workers)
    {
        if (_scratch.Length >= workers)
        {
            return;
        }

        byte[][] scratch = new byte[workers][];
        for (int i = 0; i < workers; i++)
        {
            scratch[i] = i < _scratch.Length ? _scratch[i] : GC.AllocateArray<byte>(_scratchBytes, pinned: true);
        }

        _scratch = scratch;
    }

    private void Narrow(int block, byte* scratch)
    {
        byte* samples = scratch + _readBytes, columns = samples + (_channels * _blockBytes);
        int lane = block * _kernels.BlockLanes, lanes = Math.Min(_kernels.BlockLanes, _down.Count - lane);
        if (_isTurned)
        {
            ReadColumns(lane, lanes, scratch, samples);
        }
        else
        {
            ReadRows(lane, lanes, scratch, samples);
        }

        int pairRows = _kernels.BlockLanes / 2;
        for (int channel = 0; channel < _channels; channel++)
        {
            _kernels.Narrow(samples + (channel * _blockBytes), _across, columns);
            Interleaving.Transpose(
                columns, _kernels.BlockLanes, RoundUp(_across.Length, Interleaving.Tile), pairRows,
                Align(_narrowed) + (channel * _channelBytes) + ((nint)block * pairRows * (nint)_pairStride), (nint)_pairStride);
        }
    }

    // Rows of the frame become lanes.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void ReadRows(int lane, int lanes, byte* rows, byte* samples)
    {
        nint channelBytes = (nint)_rowPitch * Interleaving.Tile;
        for (int first = 0; first < lanes; first += Interleaving.Tile)
        {
            for (int i = 0; i < Math.Min(Interleaving.Tile, lanes - first); i++)
            {
                byte* row = rows + ((nint)i * _rowPitch);
                _kernels.Read(
                    _frame, _source, _down.Origin + lane + first + i, _across.Origin, _across.Count,
                    new SampleRows(row, row + channelBytes, row + (2 * channelBytes)));
            }

            for (int channel = 0; channel < _channels; channel++)
            {
                Interleaving.Transpose(
                    rows + (channel * channelBytes), _rowPitch, Interleaving.Tile, _blockBytes / _kernels.PairBytes,
                    samples + (channel * _blockBytes) + (2 * first), _kernels.PairBytes);
            }
        }
    }

    // Columns of the frame are lanes; two rows make a pair.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void ReadColumns(int lane, int lanes, byte* rows, byte* samples)
    {
        nint second = RgbImage.Channels * _rowPitch;
        SampleRows even = new(rows, rows + _rowPitch, rows + (2 * _rowPitch)), odd = even.At((int)second);
        for (int y = 0; y < _across.Count; y += 2)
        {
            _kernels.Read(_frame, _source, _across.Origin + y, _down.Origin + lane, lanes, even);

            // Behind the last row of an odd number is none; it weighs nothing.
            if (y + 1 < _across.Count)
            {
                _kernels.Read(_frame, _source, _across.Origin + y + 1, _down.Origin + lane, lanes, odd);
            }

            for (int channel = 0; channel < _channels; channel++)
            {
                byte* row = rows + (channel * _rowPitch);
                Interleaving.Zip(
                    row, row + second, samples + (channel * _blockBytes) + (y / 2 * _kernels.PairBytes), _kernels.BlockLanes);
            }
        }
    }

    private void WriteRow(int row)
    {
        (int left, int width) = (_target.Left, _target.Columns.Length);
        int position = row - _target.Top;
        for (int plane = 0; plane < RgbImage.Channels; plane++)
        {
            int colour = _target.BlueFirst ? RgbImage.Channels - 1 - plane : plane;
            float* output = _output + ((((nint)plane * _target.Height) + row) * _target.Width);
            var whole = new Span<float>(output, _target.Width);
            if ((uint)position >= (uint)_target.Rows.Length)
            {
                whole.Fill(_padding[colour]);
                continue;
            }

            whole[..left].Fill(_padding[colour]);
            whole[(left + width)..].Fill(_padding[colour]);
            byte* channel = Align(_narrowed) + (Math.Min(colour, _channels - 1) * _channelBytes);
            _kernels.Finish(
                channel + (_down.First[position] * (nint)_pairStride), (nint)_pairStride, _down, position, output + left, width,
                _target.Mean[colour], _target.StandardDeviation[colour]);
        }
    }
}
