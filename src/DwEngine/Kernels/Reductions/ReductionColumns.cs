using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Reductions;

/// <summary>The numbers at each place of some planes reduced to one, plane after plane.</summary>
internal static unsafe class ReductionColumns<TVector, TReduction>
    where TVector : struct, IVector<TVector>
    where TReduction : struct, IReduction
{
    /// <summary>Reduces a run of places.</summary>
    /// <param name="planes">Pointers to the planes.</param>
    /// <param name="count">How many.</param>
    /// <param name="start">The first place.</param>
    /// <param name="length">Places; nothing beyond them is read or written.</param>
    /// <param name="output">Where the results go.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run(float** planes, int count, int start, int length, float* output)
    {
        int lanes = TVector.Lanes, i = 0;
        TVector zero = TVector.Broadcast(0);
        float* results = stackalloc float[4 * lanes];
        float* shifts = stackalloc float[4 * lanes];
        new Span<float>(shifts, 4 * lanes).Clear();
        for (; i <= length - (4 * lanes); i += 4 * lanes)
        {
            TVector s0 = zero, s1 = zero, s2 = zero, s3 = zero;
            if (TReduction.NeedsLargest)
            {
                Four<MaxReduction>(planes, count, start + i, ref s0, ref s1, ref s2, ref s3);
                (s0, s1, s2, s3) = (Finite(s0), Finite(s1), Finite(s2), Finite(s3));
                Store(shifts, s0, s1, s2, s3);
            }

            Four<TReduction>(planes, count, start + i, ref s0, ref s1, ref s2, ref s3);
            Store(results, s0, s1, s2, s3);
            Finish(results, shifts, count, 4 * lanes, output + i);
        }

        for (; i < length; i += lanes)
        {
            int rest = Math.Min(lanes, length - i);
            TVector shift = zero;
            if (TReduction.NeedsLargest)
            {
                shift = Finite(One<MaxReduction>(planes, count, start + i, rest, zero));
                TVector.Store(shifts, shift);
            }

            TVector.Store(results, One<TReduction>(planes, count, start + i, rest, shift));
            Finish(results, shifts, count, rest, output + i);
        }
    }

    // The sums are given what is subtracted from each number, and become the results.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four<T>(float** planes, int count, int start, ref TVector s0, ref TVector s1, ref TVector s2, ref TVector s3)
        where T : struct, IReduction
    {
        int lanes = TVector.Lanes;
        TVector a0 = TVector.Broadcast(T.Start), a1 = a0, a2 = a0, a3 = a0;
        for (int plane = 0; plane < count; plane++)
        {
            float* input = planes[plane] + start;
            a0 = T.Step(a0, TVector.Load(input), s0);
            a1 = T.Step(a1, TVector.Load(input + lanes), s1);
            a2 = T.Step(a2, TVector.Load(input + (2 * lanes)), s2);
            a3 = T.Step(a3, TVector.Load(input + (3 * lanes)), s3);
        }

        (s0, s1, s2, s3) = (a0, a1, a2, a3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector One<T>(float** planes, int count, int start, int length, TVector shift)
        where T : struct, IReduction
    {
        TVector sum = TVector.Broadcast(T.Start);
        for (int plane = 0; plane < count; plane++)
        {
            sum = T.Step(sum, TVector.LoadPartial(planes[plane] + start, length), shift);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Finite(TVector value) =>
        TVector.And(value, TVector.Less(SignBits<TVector>.Clear(value), TVector.Broadcast(float.PositiveInfinity)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* target, TVector a0, TVector a1, TVector a2, TVector a3)
    {
        TVector.Store(target, a0);
        TVector.Store(target + TVector.Lanes, a1);
        TVector.Store(target + (2 * TVector.Lanes), a2);
        TVector.Store(target + (3 * TVector.Lanes), a3);
    }

    private static void Finish(float* results, float* shifts, int count, int length, float* output)
    {
        for (int i = 0; i < length; i++)
        {
            output[i] = TReduction.Finish(results[i], count, shifts[i]);
        }
    }
}
