using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Reductions;

/// <summary>
/// All numbers of some planes reduced to one: sixteen partial results, of which number i has the numbers i, i + 16, i + 32 and so on of
/// each plane, joined as <see cref="PartialSums{TVector}"/> joins sums. They are joined in double precision, after so many numbers each
/// time that a long row is as exact as a short one.
/// </summary>
internal static unsafe class ReductionRow<TVector, TReduction>
    where TVector : struct, IVector<TVector>
    where TReduction : struct, IReduction
{
    private const int Chunk = PartialSums<TVector>.Count;

    private const int BlockLength = 1024;

    /// <summary>The reduction of whole planes.</summary>
    /// <param name="planes">Pointers to them; nothing beyond their ends is read.</param>
    /// <param name="count">How many.</param>
    /// <param name="length">Floats of each.</param>
    public static float Run(float** planes, int count, int length)
    {
        float shift = 0;
        if (TReduction.NeedsLargest)
        {
            float largest = ReductionRow<TVector, MaxReduction>.Run(planes, count, length);
            shift = float.IsFinite(largest) ? largest : 0;
        }

        return Run(planes, count, length, shift);
    }

    /// <summary>The reduction of whole planes, of whose numbers a certain one is subtracted.</summary>
    /// <param name="planes">Pointers to them; nothing beyond their ends is read.</param>
    /// <param name="count">How many.</param>
    /// <param name="length">Floats of each.</param>
    /// <param name="shift">What is subtracted.</param>
    public static float Run(float** planes, int count, int length, float shift)
    {
        double total = TReduction.Start;
        float* partial = stackalloc float[Chunk];
        Clear(partial);
        int pending = 0;
        for (int plane = 0; plane < count; plane++)
        {
            for (int i = 0; i < length; i += BlockLength)
            {
                int block = Math.Min(BlockLength, length - i);
                Sweep(planes[plane] + i, block, shift, partial);
                pending += block;
                if (pending >= BlockLength)
                {
                    total = TReduction.Join(total, Joined(partial));
                    Clear(partial);
                    pending = 0;
                }
            }
        }

        return TReduction.Finish(pending > 0 ? TReduction.Join(total, Joined(partial)) : total, (long)count * length, shift);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Sweep(float* input, int length, float subtracted, float* partial)
    {
        // Prepared before the loop, in which a call would cost the accumulators their registers.
        float* padded = stackalloc float[Chunk];
        int last = length % Chunk;
        if (last > 0)
        {
            new Span<float>(padded, Chunk).Fill(TReduction.PadsWithShift ? subtracted : TReduction.Padding);
            new ReadOnlySpan<float>(input + length - last, last).CopyTo(new Span<float>(padded, Chunk));
        }

        int lanes = TVector.Lanes;
        TVector shift = TVector.Broadcast(subtracted);
        TVector a0 = TVector.Load(partial), a1 = a0, a2 = a0, a3 = a0;
        if (lanes < 16)
        {
            a1 = TVector.Load(partial + lanes);
        }

        if (lanes < 8)
        {
            a2 = TVector.Load(partial + (2 * lanes));
            a3 = TVector.Load(partial + (3 * lanes));
        }

        for (int rest = length; rest > 0; rest -= Chunk, input += Chunk)
        {
            input = rest < Chunk ? padded : input;
            a0 = TReduction.Step(a0, TVector.Load(input), shift);
            if (lanes < 16)
            {
                a1 = TReduction.Step(a1, TVector.Load(input + lanes), shift);
            }

            if (lanes < 8)
            {
                a2 = TReduction.Step(a2, TVector.Load(input + (2 * lanes)), shift);
                a3 = TReduction.Step(a3, TVector.Load(input + (3 * lanes)), shift);
            }
        }

        TVector.Store(partial, a0);
        if (lanes < 16)
        {
            TVector.Store(partial + lanes, a1);
        }

        if (lanes < 8)
        {
            TVector.Store(partial + (2 * lanes), a2);
            TVector.Store(partial + (3 * lanes), a3);
        }
    }

    private static void Clear(float* partial) => new Span<float>(partial, Chunk).Fill(TReduction.Start);

    private static double Joined(float* partial)
    {
        double* joined = stackalloc double[Chunk / 2];
        for (int i = 0; i < Chunk / 2; i++)
        {
            joined[i] = TReduction.Join(partial[i], partial[i + (Chunk / 2)]);
        }

        for (int i = 0; i < Chunk / 4; i++)
        {
            joined[i] = TReduction.Join(joined[i], joined[i + (Chunk / 4)]);
        }

        return TReduction.Join(TReduction.Join(joined[0], joined[1]), TReduction.Join(joined[2], joined[3]));
    }
}
