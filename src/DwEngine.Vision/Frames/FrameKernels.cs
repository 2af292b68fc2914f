using System.Runtime.CompilerServices;

namespace DwEngine.Vision.Frames;

/// <summary>The two passes over a frame, compiled for one vocabulary.</summary>
internal abstract unsafe class FrameKernels
{
    /// <summary>The most that <see cref="BlockLanes"/> is.</summary>
    public const int MaxBlockLanes = 64;

    /// <summary>Rows, or columns of a frame that is turned, that a task of the first pass takes: 32 or 64.</summary>
    public abstract int BlockLanes { get; }

    /// <summary>Bytes of a pair of neighbours in all lanes of a block.</summary>
    public int PairBytes => 2 * BlockLanes;

    /// <summary>Prepares an axis; see <see cref="FrameAxis.Create"/>.</summary>
    public abstract FrameAxis Axis(int start, int length, int limit, bool isReversed, BilinearResampler.AxisWindow window);

    /// <summary>Reads pixels of a row; see <see cref="FrameRows{TVector}.Read"/>.</summary>
    public abstract void Read(byte* frame, FrameSource source, int y, int x, int count, in SampleRows target);

    /// <summary>
    /// Weighs the samples of all lanes of a block for each position of an axis, rounded to bytes.
    /// </summary>
    /// <param name="block"><see cref="PairBytes"/> for each pair of the axis.</param>
    /// <param name="axis">The axis.</param>
    /// <param name="target"><see cref="BlockLanes"/> bytes for each position.</param>
    public abstract void Narrow(byte* block, FrameAxis axis, byte* target);

    /// <summary>Weighs rows of samples, and writes normalised floats.</summary>
    /// <param name="pairs">The first pair of rows that counts; bytes of both rows in turns.</param>
    /// <param name="stride">Bytes from one pair of rows to the next.</param>
    /// <param name="axis">The axis.</param>
    /// <param name="position">The position on it.</param>
    /// <param name="target">Where the floats go.</param>
    /// <param name="count">How many.</param>
    /// <param name="mean">Subtracted from samples of 0 to 1.</param>
    /// <param name="deviation">They are divided by it then.</param>
    public abstract void Finish(
        byte* pairs, nint stride, FrameAxis axis, int position, float* target, int count, float mean, float deviation);
}

/// <inheritdoc/>
internal sealed unsafe class FrameKernels<TVector> : FrameKernels where TVector : struct, IPixelVector<TVector>
{
    // Four vectors are weighed at a time.
    private static int Step => 4 * TVector.Lanes;

    public override int BlockLanes => Math.Max(Step, MaxBlockLanes / 2);

    public override FrameAxis Axis(int start, int length, int limit, bool isReversed, BilinearResampler.AxisWindow window) =>
        FrameAxis.Create<TVector>(start, length, limit, isReversed, window);

    public override void Read(byte* frame, FrameSource source, int y, int x, int count, in SampleRows target) =>
        FrameRows<TVector>.Read(frame, source, y, x, count, target);

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public override void Narrow(byte* block, FrameAxis axis, byte* target)
    {
        int pairBytes = PairBytes;
        for (int position = 0; position < axis.Length; position++, target += BlockLanes)
        {
            byte* first = block + ((nint)axis.First[position] * pairBytes);
            for (int lane = 0; lane < BlockLanes; lane += Step)
            {
                Weigh(
                    first + (2 * lane), pairBytes, axis.Weights(position), axis.Pairs,
                    out TVector a, out TVector b, out TVector c, out TVector d);
                TVector.StoreBytes(target + lane, TVector.Pack(a, b), TVector.Pack(c, d));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public override void Finish(
        byte* pairs, nint stride, FrameAxis axis, int position, float* target, int count, float mean, float deviation)
    {
        int* weights = axis.Weights(position);
        int pairCount = axis.Pairs;
        float* rest = stackalloc float[Step];
        for (int i = 0; i < count; i += Step)
        {
            Weigh(pairs + (2 * i), stride, weights, pairCount, out TVector a, out TVector b, out TVector c, out TVector d);
            bool isWhole = count - i >= Step;
            float* output = isWhole ? target + i : rest;
            TVector.StoreNormalised(output, Bound(a), mean, deviation);
            TVector.StoreNormalised(output + TVector.Lanes, Bound(b), mean, deviation);
            TVector.StoreNormalised(output + (2 * TVector.Lanes), Bound(c), mean, deviation);
            TVector.StoreNormalised(output + (3 * TVector.Lanes), Bound(d), mean, deviation);
            if (!isWhole)
            {
                Unsafe.CopyBlockUnaligned(target + i, rest, (uint)((count - i) * sizeof(float)));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Weigh(
        byte* first, nint stride, int* weights, int pairs, out TVector a, out TVector b, out TVector c, out TVector d)
    {
        TVector zero = TVector.Broadcast(0), half = TVector.Broadcast(BilinearResampler.Half);
        TVector a0 = zero, b0 = zero, c0 = zero, d0 = zero, a1 = half, b1 = half, c1 = half, d1 = half;
        for (int pair = 0; pair < pairs; pair++, first += stride, weights += 2)
        {
            TVector.Accumulate(ref a0, ref a1, TVector.LoadPairs(first), weights);
            TVector.Accumulate(ref b0, ref b1, TVector.LoadPairs(first + (2 * TVector.Lanes)), weights);
            TVector.Accumulate(ref c0, ref c1, TVector.LoadPairs(first + (4 * TVector.Lanes)), weights);
            TVector.Accumulate(ref d0, ref d1, TVector.LoadPairs(first + (6 * TVector.Lanes)), weights);
        }

        a = TVector.ShiftRight(TVector.Total(a0, a1), BilinearResampler.FractionBits);
        b = TVector.ShiftRight(TVector.Total(b0, b1), BilinearResampler.FractionBits);
        c = TVector.ShiftRight(TVector.Total(c0, c1), BilinearResampler.FractionBits);
        d = TVector.ShiftRight(TVector.Total(d0, d1), BilinearResampler.FractionBits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Bound(TVector sample) =>
        TVector.Min(TVector.Max(sample, TVector.Broadcast(0)), TVector.Broadcast(byte.MaxValue));
}
