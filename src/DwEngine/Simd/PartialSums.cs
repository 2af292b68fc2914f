using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// The one order in which floats are summed, whatever the instruction set: sixteen partial sums, of which number i has the terms i, i + 16,
/// i + 32 and so on, then the tree of <see cref="Add"/>. A vector shorter than sixteen is one part of several that hold the partial sums
/// together.
/// </summary>
internal static unsafe class PartialSums<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>Partial sums.</summary>
    public const int Count = 16;

    // Accumulators that are added to in turn, to hide the latency of an addition.
    private const int Accumulators = 4;

    /// <summary>Vectors that hold the partial sums of one block.</summary>
    public static int Vectors
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Count / TVector.Lanes;
    }

    /// <summary>Blocks that <see cref="Sum"/> sums at a time.</summary>
    public static int Together
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Accumulators / Vectors;
    }

    /// <summary>
    /// Adds up the partial sums of <see cref="Together"/> blocks that lie in four vectors: of sixteen the upper half is added to the lower,
    /// and so on as <see cref="IVector{TSelf}.Sum"/> goes on.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(TVector a0, TVector a1, TVector a2, TVector a3, float* sums)
    {
        if (Vectors == 1)
        {
            sums[0] = TVector.Sum(a0);
            sums[1] = TVector.Sum(a1);
            sums[2] = TVector.Sum(a2);
            sums[3] = TVector.Sum(a3);
        }
        else if (Vectors == 2)
        {
            sums[0] = TVector.Sum(TVector.Add(a0, a1));
            sums[1] = TVector.Sum(TVector.Add(a2, a3));
        }
        else
        {
            sums[0] = TVector.Sum(TVector.Add(TVector.Add(a0, a2), TVector.Add(a1, a3)));
        }
    }

    /// <summary>Sums a few blocks of floats, of which nothing beyond the end is read.</summary>
    /// <param name="blocks">Pointers to the blocks.</param>
    /// <param name="count">How many, from 1 to <see cref="Together"/>.</param>
    /// <param name="length">Floats of each.</param>
    /// <param name="sums">Receives <see cref="Together"/> floats; those beyond <paramref name="count"/> repeat the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Sum(float** blocks, int count, int length, float* sums)
    {
        float* p0 = Part(blocks, count, 0), p1 = Part(blocks, count, 1), p2 = Part(blocks, count, 2), p3 = Part(blocks, count, 3);
        TVector a0 = TVector.Broadcast(0), a1 = a0, a2 = a0, a3 = a0;
        int i = 0;
        for (; i <= length - Count; i += Count)
        {
            a0 = TVector.Add(a0, TVector.Load(p0 + i));
            a1 = TVector.Add(a1, TVector.Load(p1 + i));
            a2 = TVector.Add(a2, TVector.Load(p2 + i));
            a3 = TVector.Add(a3, TVector.Load(p3 + i));
        }

        if (i < length)
        {
            int rest = length - i;
            a0 = TVector.Add(a0, TVector.LoadPartial(p0 + i, rest - Offset(0)));
            a1 = TVector.Add(a1, TVector.LoadPartial(p1 + i, rest - Offset(1)));
            a2 = TVector.Add(a2, TVector.LoadPartial(p2 + i, rest - Offset(2)));
            a3 = TVector.Add(a3, TVector.LoadPartial(p3 + i, rest - Offset(3)));
        }

        Add(a0, a1, a2, a3, sums);
    }

    // Where an accumulator begins to read.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Part(float** blocks, int count, int accumulator) =>
        blocks[Math.Min(accumulator / Vectors, count - 1)] + Offset(accumulator);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Offset(int accumulator) => accumulator % Vectors * TVector.Lanes;
}
