using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DwEngine.Simd;

namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>
/// The vector primitives under every algorithm of this folder. Neither the order of summation nor where a product and a sum are rounded
/// once depends on the width of the machine's vectors, so a result has the same bits in every run and on every CPU with a fused
/// multiply-add.
/// </summary>
internal static class VectorOperations
{
    // Partial sums of an inner product. Vectors are not longer than that.
    private const int PartialSums = 8;

    /// <summary>
    /// The inner product of two vectors of equal length: eight partial sums, of which number i has the terms i, i + 8, i + 16 and so on,
    /// added half by half; then the sum of the terms that are left over.
    /// </summary>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        RequireSameLength(x.Length, y.Length);
        ref double a = ref MemoryMarshal.GetReference(x);
        ref double b = ref MemoryMarshal.GetReference(y);
        int lanes = Vector<double>.Count;
        Vector<double> sum0 = Vector<double>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
        int i = 0;
        for (; i <= x.Length - PartialSums; i += PartialSums)
        {
            sum0 = Fused.MultiplyAdd(Load(ref a, i), Load(ref b, i), sum0);
            if (Vector<double>.Count < 8)
            {
                sum1 = Fused.MultiplyAdd(Load(ref a, i + lanes), Load(ref b, i + lanes), sum1);
            }

            if (Vector<double>.Count < 4)
            {
                sum2 = Fused.MultiplyAdd(Load(ref a, i + (2 * lanes)), Load(ref b, i + (2 * lanes)), sum2);
                sum3 = Fused.MultiplyAdd(Load(ref a, i + (3 * lanes)), Load(ref b, i + (3 * lanes)), sum3);
            }
        }

        double tail = 0;
        for (; i < x.Length; i++)
        {
            tail = Fused.MultiplyAdd(x[i], y[i], tail);
        }

        Vector<double> sum = Vector<double>.Count < 4 ? (sum0 + sum2) + (sum1 + sum3) : sum0 + sum1;
        return SumOfLanes(sum) + tail;
    }

    /// <summary>y += scale * x.</summary>
    public static void AddScaled(double scale, ReadOnlySpan<double> x, Span<double> y)
    {
        RequireSameLength(x.Length, y.Length);
        ref double a = ref MemoryMarshal.GetReference(x);
        ref double b = ref MemoryMarshal.GetReference(y);
        int lanes = Vector<double>.Count;
        Vector<double> factor = new(scale);
        int i = 0;
        for (; i <= x.Length - lanes; i += lanes)
        {
            Store(Fused.MultiplyAdd(factor, Load(ref a, i), Load(ref b, i)), ref b, i);
        }

        for (; i < x.Length; i++)
        {
            y[i] = Fused.MultiplyAdd(scale, x[i], y[i]);
        }
    }

    /// <summary>y = x in double precision.</summary>
    public static void Widen(ReadOnlySpan<float> x, Span<double> y)
    {
        RequireSameLength(x.Length, y.Length);
        ref float a = ref MemoryMarshal.GetReference(x);
        ref double b = ref MemoryMarshal.GetReference(y);
        int lanes = Vector<double>.Count;
        int i = 0;
        for (; i <= x.Length - (2 * lanes); i += 2 * lanes)
        {
            Vector.Widen(Vector.LoadUnsafe(ref a, (nuint)i), out Vector<double> lower, out Vector<double> upper);
            Store(lower, ref b, i);
            Store(upper, ref b, i + lanes);
        }

        for (; i < x.Length; i++)
        {
            y[i] = x[i];
        }
    }

    /// <summary>y = x in single precision.</summary>
    public static void Narrow(ReadOnlySpan<double> x, Span<float> y)
    {
        RequireSameLength(x.Length, y.Length);
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = (float)x[i];
        }
    }

    /// <summary>The plane rotation (x, y) := (c x - s y, s x + c y).</summary>
    public static void Rotate(Span<double> x, Span<double> y, double c, double s)
    {
        RequireSameLength(x.Length, y.Length);
        ref double a = ref MemoryMarshal.GetReference(x);
        ref double b = ref MemoryMarshal.GetReference(y);
        int lanes = Vector<double>.Count;
        Vector<double> cosine = new(c);
        Vector<double> sine = new(s);
        int i = 0;
        for (; i <= x.Length - lanes; i += lanes)
        {
            Vector<double> p = Load(ref a, i);
            Vector<double> q = Load(ref b, i);
            Store((cosine * p) - (sine * q), ref a, i);
            Store((sine * p) + (cosine * q), ref b, i);
        }

        for (; i < x.Length; i++)
        {
            (x[i], y[i]) = ((c * x[i]) - (s * y[i]), (s * x[i]) + (c * y[i]));
        }
    }

    /// <summary>
    /// Where y is at most the lower limit it becomes min(x, limit), where it is at least the upper one max(x, limit); then x := y - x.
    /// </summary>
    public static void HoldBeyond(double low, double high, Span<double> y, Span<double> x)
    {
        RequireSameLength(x.Length, y.Length);
        ref double a = ref MemoryMarshal.GetReference(x);
        ref double b = ref MemoryMarshal.GetReference(y);
        int lanes = Vector<double>.Count;
        Vector<double> lower = new(low), upper = new(high);
        int i = 0;
        for (; i <= x.Length - lanes; i += lanes)
        {
            Vector<double> response = Load(ref a, i), target = Load(ref b, i);
            Vector<double> held = Vector.ConditionalSelect(Vector.GreaterThanOrEqual(target, upper), Vector.Max(response, upper), target);
            held = Vector.ConditionalSelect(Vector.LessThanOrEqual(target, lower), Vector.Min(response, lower), held);
            Store(held, ref b, i);
            Store(held - response, ref a, i);
        }

        for (; i < x.Length; i++)
        {
            y[i] = y[i] <= low ? Math.Min(x[i], low) : y[i] >= high ? Math.Max(x[i], high) : y[i];
            x[i] = y[i] - x[i];
        }
    }

    /// <summary>x *= scale.</summary>
    public static void Scale(Span<double> x, double scale)
    {
        for (int i = 0; i < x.Length; i++)
        {
            x[i] *= scale;
        }
    }

    /// <summary>Exchanges the contents of two vectors of equal length.</summary>
    public static void Swap(Span<double> x, Span<double> y)
    {
        RequireSameLength(x.Length, y.Length);
        for (int i = 0; i < x.Length; i++)
        {
            (x[i], y[i]) = (y[i], x[i]);
        }
    }

    /// <summary>The index of the entry of largest magnitude, the first one among equals; -1 for an empty vector.</summary>
    public static int IndexOfLargestMagnitude(ReadOnlySpan<double> x)
    {
        int index = x.Length == 0 ? -1 : 0;
        for (int i = 1; i < x.Length; i++)
        {
            index = Math.Abs(x[i]) > Math.Abs(x[index]) ? i : index;
        }

        return index;
    }

    // The upper half is added to the lower until one is left.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double SumOfLanes(Vector<double> sum) => Vector<double>.Count switch
    {
        8 => ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7])),
        4 => (sum[0] + sum[2]) + (sum[1] + sum[3]),
        _ => sum[0] + sum[1],
    };

    // The loops above index both vectors by one length without bounds checks, so the lengths must be equal in a release build too.
    private static void RequireSameLength(int first, int second)
    {
        if (first != second)
        {
            throw new LinearAlgebraException($"Vectors of {first} and {second} entries; equal lengths were expected.");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Load(ref double start, int offset) => Vector.LoadUnsafe(ref start, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector<double> value, ref double start, int offset) => value.StoreUnsafe(ref start, (nuint)offset);
}
