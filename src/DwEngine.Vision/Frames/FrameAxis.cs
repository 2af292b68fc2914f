namespace DwEngine.Vision.Frames;

/// <summary>
/// One axis of the upright picture: which samples of the frame each position of the resized picture takes, in pairs of neighbours, and
/// what each of them weighs.
/// </summary>
internal sealed unsafe class FrameAxis
{
    private readonly int[] _weights;
    private readonly int _weightsOfPosition;

    private FrameAxis(int origin, int count, int length, int pairs)
    {
        (Origin, Count, Length, Pairs) = (origin, count, length, pairs);
        First = new int[length];
        _weightsOfPosition = 2 * pairs;
        _weights = GC.AllocateArray<int>(checked(length * _weightsOfPosition), pinned: true);
    }

    /// <summary>The first column or row of the frame that is used; even.</summary>
    public int Origin { get; }

    /// <summary>Columns or rows that are used.</summary>
    public int Count { get; }

    /// <summary>Positions of the resized picture.</summary>
    public int Length { get; }

    /// <summary>The first pair of each position, counted from the origin.</summary>
    public int[] First { get; }

    /// <summary>
    /// The number of pairs of every position: where fewer count, others weigh nothing. The length of an inner loop that never changes is
    /// predicted.
    /// </summary>
    public int Pairs { get; }

    /// <summary>The weights of a position, two numbers for each pair as the vocabulary wants them.</summary>
    public int* Weights(int position)
    {
        fixed (int* weights = &_weights[position * _weightsOfPosition])
        {
            // The array is pinned.
            return weights;
        }
    }

    /// <summary>Prepares an axis.</summary>
    /// <param name="start">Where the region begins on the frame's axis.</param>
    /// <param name="length">Pixels of the region on it.</param>
    /// <param name="limit">Pixels of the frame on it.</param>
    /// <param name="isReversed">Whether the picture's first position is the region's last.</param>
    /// <param name="window">The wanted positions of the resized picture.</param>
    /// <typeparam name="TVector">The vocabulary of the kernels.</typeparam>
    public static FrameAxis Create<TVector>(int start, int length, int limit, bool isReversed, BilinearResampler.AxisWindow window)
        where TVector : struct, IPixelVector<TVector>
    {
        BilinearResampler.Weights weights = BilinearResampler.Weights.For(length, window);
        int begin = start + (isReversed ? length - weights.SourceStart - weights.SourceLength : weights.SourceStart);
        int end = begin + weights.SourceLength;

        // Pixels that share a chroma sample are read together; the frame's side is even then.
        int origin = begin & ~1;
        end = Math.Min((end + 1) & ~1, limit);
        int pairs = 0;
        for (int i = 0; i < window.Length; i++)
        {
            pairs = Math.Max(pairs, ((FirstOf(i) & 1) + weights.Taps(i).Length + 1) >> 1);
        }

        FrameAxis axis = new(origin, end - origin, window.Length, pairs);
        int last = ((axis.Count + 1) >> 1) - pairs;
        int[] taps = new int[2 * pairs];
        for (int i = 0; i < window.Length; i++)
        {
            ReadOnlySpan<int> given = weights.Taps(i);
            axis.First[i] = Math.Min(FirstOf(i) >> 1, last);
            Span<int> placed = taps.AsSpan(FirstOf(i) - (2 * axis.First[i]), given.Length);
            taps.AsSpan().Clear();
            given.CopyTo(placed);
            if (isReversed)
            {
                placed.Reverse();
            }

            int* target = axis.Weights(i);
            for (int pair = 0; pair < pairs; pair++)
            {
                (target[2 * pair], target[(2 * pair) + 1]) = TVector.Weigh(taps[2 * pair], taps[(2 * pair) + 1]);
            }
        }

        return axis;

        // The first sample of a position, counted from the origin.
        int FirstOf(int i) =>
            start - origin + (isReversed ? length - weights.Starts[i] - weights.Taps(i).Length : weights.Starts[i]);
    }
}
