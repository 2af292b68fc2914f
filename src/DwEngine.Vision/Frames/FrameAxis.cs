namespace DwEngine.Vision.Frames;

/// <summary>
/// One axis of the upright picture: which samples of the frame each position of the resized picture takes, in pairs of neighbours, and
/// what each of them weighs.
/// </summary>
internal sealed unsafe class FrameAxis
{
    private readonly int[] _weights;
    private readonly int _weightsOfPosition;

    private FrameAxis(int origin, int count, int length, int maxPairs)
    {
        (Origin, Count, Length) = (origin, count, length);
        First = new int[length];
        Pairs = new int[length];
        _weightsOfPosition = 2 * maxPairs;
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

    /// <summary>The number of pairs of each position.</summary>
    public int[] Pairs { get; }

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
        int maxPairs = 0;
        for (int i = 0; i < window.Length; i++)
        {
            maxPairs = Math.Max(maxPairs, (weights.Taps(i).Length + 2) / 2);
        }

        FrameAxis axis = new(origin, end - origin, window.Length, maxPairs);
        int[] taps = new int[2 * maxPairs];
        for (int i = 0; i < window.Length; i++)
        {
            ReadOnlySpan<int> given = weights.Taps(i);
            int first = start - origin + (isReversed ? length - weights.Starts[i] - given.Length : weights.Starts[i]);
            Span<int> placed = taps.AsSpan(first & 1, given.Length);
            taps.AsSpan().Clear();
            given.CopyTo(placed);
            if (isReversed)
            {
                placed.Reverse();
            }

            axis.First[i] = first >> 1;
            axis.Pairs[i] = ((first & 1) + given.Length + 1) >> 1;
            int* target = axis.Weights(i);
            for (int pair = 0; pair < axis.Pairs[i]; pair++)
            {
                (target[2 * pair], target[(2 * pair) + 1]) = TVector.Weigh(taps[2 * pair], taps[(2 * pair) + 1]);
            }
        }

        return axis;
    }
}
