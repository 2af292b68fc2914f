using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Dense;

/// <summary>Softmax of one row of floats.</summary>
internal static unsafe class SoftmaxRow<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>
    /// Floats that are summed in single precision; the sums of such blocks are summed in double, so that a long row is as exact as a short
    /// one.
    /// </summary>
    public const int BlockLength = 1024;

    /// <summary>output = exp(input - largest input) over the sum of all of these.</summary>
    /// <param name="input">The row; nothing beyond it is read.</param>
    /// <param name="output">Where the result goes: the input itself, or memory apart from it.</param>
    /// <param name="length">Floats of both.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run(float* input, float* output, int length)
    {
        Exponentials(input, output, length, Largest(input, length));
        int lanes = TVector.Lanes, i = 0;
        TVector scale = TVector.Broadcast((float)(1 / Sum(output, length)));
        for (; i <= length - lanes; i += lanes)
        {
            TVector.Store(output + i, TVector.Multiply(TVector.Load(output + i), scale));
        }

        if (i < length)
        {
            TVector.StorePartial(output + i, TVector.Multiply(TVector.LoadPartial(output + i, length - i), scale), length - i);
        }
    }

    /// <summary>output = input - largest input - the logarithm of the sum of exp(input - largest input).</summary>
    /// <param name="input">The row; nothing beyond it is read.</param>
    /// <param name="output">Where the result goes: memory apart from the input.</param>
    /// <param name="length">Floats of both.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Logarithm(float* input, float* output, int length)
    {
        float largest = Largest(input, length);
        Exponentials(input, output, length, largest);
        int lanes = TVector.Lanes, i = 0;
        // A vector that lives over a call is spilled.
        float logarithm = Logarithm<ScalarVector>.Of(ScalarVector.Broadcast((float)Sum(output, length))).Value;
        TVector first = TVector.Broadcast(largest), second = TVector.Broadcast(logarithm);
        for (; i <= length - lanes; i += lanes)
        {
            TVector.Store(output + i, TVector.Subtract(TVector.Subtract(TVector.Load(input + i), first), second));
        }

        if (i < length)
        {
            TVector rest = TVector.Subtract(TVector.LoadPartial(input + i, length - i), first);
            TVector.StorePartial(output + i, TVector.Subtract(rest, second), length - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Exponentials(float* input, float* output, int length, float largest)
    {
        int lanes = TVector.Lanes, i = 0;
        TVector negativeLargest = TVector.Broadcast(-largest);
        for (; i <= length - lanes; i += lanes)
        {
            TVector.Store(output + i, Exponential<TVector>.Of(TVector.Add(TVector.Load(input + i), negativeLargest)));
        }

        if (i < length)
        {
            TVector rest = TVector.Add(TVector.LoadPartial(input + i, length - i), negativeLargest);
            TVector.StorePartial(output + i, Exponential<TVector>.Of(rest), length - i);
        }
    }

    // The largest of all is the same in whatever order they are compared, so the last vector may overlap the one before.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Largest(float* input, int length)
    {
        int lanes = TVector.Lanes;
        float largest = float.NegativeInfinity;
        if (length < lanes)
        {
            for (int i = 0; i < length; i++)
            {
                largest = MathF.Max(largest, input[i]);
            }

            return largest;
        }

        TVector all = TVector.Load(input + length - lanes);
        for (int i = 0; i < length - lanes; i += lanes)
        {
            all = TVector.Max(all, TVector.Load(input + i));
        }

        float* values = stackalloc float[lanes];
        TVector.Store(values, all);
        for (int i = 0; i < lanes; i++)
        {
            largest = MathF.Max(largest, values[i]);
        }

        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static double Sum(float* values, int length)
    {
        float* sums = stackalloc float[PartialSums<TVector>.Together];
        double total = 0;
        for (int i = 0; i < length; i += BlockLength)
        {
            float* block = values + i;
            PartialSums<TVector>.Sum(&block, 1, Math.Min(BlockLength, length - i), sums);
            total += sums[0];
        }

        return total;
    }
}
