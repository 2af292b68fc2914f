using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DwEngine.LinearAlgebra;

/// <summary>
/// The vector primitives under every algorithm of this folder. The order of summation depends on the vector width of the machine alone, so
/// that a result has the same bits in every run.
/// </summary>
internal static class VectorOperations
{
    /// <summary>The inner product of two vectors of equal length.</summary>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        RequireSameLength(x.Length, y.Length);
        ref double a = ref MemoryMarshal.GetReference(x);
        ref double b = ref MemoryMarshal.GetReference(y);
        int lanes = Vector<double>.Count;
        Vector<double> sum0 = Vector<double>.Zero;
        Vector<double> sum1 = Vector<double>.Zero;
        int i = 0;
        for (; i <= x.Length - (2 * lanes); i += 2 * lanes)
        {
            sum0 = Vector.MultiplyAddEstimate(Load(ref a, i), Load(ref b, i), sum0);
            sum1 = Vector.MultiplyAddEstimate(Load(ref a, i + lanes), Load(ref b, i + lanes), sum1);
        }

        double tail = 0;
        for (; i < x.Length; i++)
        {
            tail += x[i] * y[i];
        }

        return Vector.Sum(sum0 + sum1) + tail;
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
            Store(Vector.MultiplyAddEstimate(factor, Load(ref a, i), Load(ref b, i)), ref b, i);
        }

        for (; i < x.Length; i++)
        {
            y[i] += scale * x[i];
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
