using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DwEngine.Simd;

namespace DwEngine.Compare;

/// <summary>
/// Measures how many float32 multiply-adds one core does in a second at most: independent chains of fused multiply-adds that stay in
/// registers, with the CPU's widest vectors.
/// </summary>
internal sealed class PeakMeter
{
    private const int Windows = 24;
    private const int Steps = 100_000;
    private const double NearPeak = 0.95;

    // What the chains come to is kept, so that the compiler needs them; a call would make it move the chains to memory.
    private static volatile float s_result;

    private readonly List<double> _rates = [];

    /// <summary>The best rate of all samples so far in G multiply-adds a second.</summary>
    public double Best => _rates.Max();

    /// <summary>The part of all windows that came within 5 percent of the best: near 1 on a quiet machine with a steady clock.</summary>
    public double Quiet => (double)_rates.Count(rate => rate >= NearPeak * Best) / _rates.Count;

    /// <summary>Adds some windows of a millisecond or so each. The best of many is taken, so that other load does not lower the peak.</summary>
    public void Sample()
    {
        for (int window = 0; window < Windows; window++)
        {
            long start = Stopwatch.GetTimestamp();
            long multiplyAdds = Isas.Best switch
            {
                Isa.Avx512 => Chains<Wide512, Vector512<float>>(Steps, 0.5f),
                Isa.Avx2 => Chains<Wide256, Vector256<float>>(Steps, 0.5f),
                Isa.Neon => Chains<Neon128, Vector128<float>>(Steps, 0.5f),
                _ => Chains<Portable128, Vector128<float>>(Steps, 0.5f),
            };
            _rates.Add(multiplyAdds / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }
    }

    // Twelve chains cover two units with a latency of up to six cycles; with 32 registers there is room for twenty-four, which four units need.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long Chains<TOps, T>(int steps, float value) where TOps : struct, IOperations<T> where T : struct
    {
        // Every chain tends to 1, so that no rate depends on denormals or infinities.
        T a = TOps.Broadcast(value), b = a;
        T c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a, c10 = a, c11 = a;
        T d0 = a, d1 = a, d2 = a, d3 = a, d4 = a, d5 = a, d6 = a, d7 = a, d8 = a, d9 = a, d10 = a, d11 = a;
        for (int step = 0; step < steps; step++)
        {
            c0 = TOps.MultiplyAdd(c0, a, b);
            c1 = TOps.MultiplyAdd(c1, a, b);
            c2 = TOps.MultiplyAdd(c2, a, b);
            c3 = TOps.MultiplyAdd(c3, a, b);
            c4 = TOps.MultiplyAdd(c4, a, b);
            c5 = TOps.MultiplyAdd(c5, a, b);
            c6 = TOps.MultiplyAdd(c6, a, b);
            c7 = TOps.MultiplyAdd(c7, a, b);
            c8 = TOps.MultiplyAdd(c8, a, b);
            c9 = TOps.MultiplyAdd(c9, a, b);
            c10 = TOps.MultiplyAdd(c10, a, b);
            c11 = TOps.MultiplyAdd(c11, a, b);
            if (TOps.ManyRegisters)
            {
                d0 = TOps.MultiplyAdd(d0, a, b);
                d1 = TOps.MultiplyAdd(d1, a, b);
                d2 = TOps.MultiplyAdd(d2, a, b);
                d3 = TOps.MultiplyAdd(d3, a, b);
                d4 = TOps.MultiplyAdd(d4, a, b);
                d5 = TOps.MultiplyAdd(d5, a, b);
                d6 = TOps.MultiplyAdd(d6, a, b);
                d7 = TOps.MultiplyAdd(d7, a, b);
                d8 = TOps.MultiplyAdd(d8, a, b);
                d9 = TOps.MultiplyAdd(d9, a, b);
                d10 = TOps.MultiplyAdd(d10, a, b);
                d11 = TOps.MultiplyAdd(d11, a, b);
            }
        }

        T c = Sum<TOps, T>(Sum<TOps, T>(c0, c1, c2, c3), Sum<TOps, T>(c4, c5, c6, c7), Sum<TOps, T>(c8, c9, c10, c11), a);
        T d = Sum<TOps, T>(Sum<TOps, T>(d0, d1, d2, d3), Sum<TOps, T>(d4, d5, d6, d7), Sum<TOps, T>(d8, d9, d10, d11), a);
        s_result = TOps.First(TOps.MultiplyAdd(c, a, d));
        return (long)steps * (TOps.ManyRegisters ? 24 : 12) * TOps.Lanes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Sum<TOps, T>(T a, T b, T c, T d) where TOps : struct, IOperations<T> where T : struct =>
        TOps.MultiplyAdd(TOps.MultiplyAdd(a, b, c), d, a);

    private interface IOperations<T> where T : struct
    {
        static abstract int Lanes { get; }

        static abstract bool ManyRegisters { get; }

        static abstract T Broadcast(float value);

        static abstract T MultiplyAdd(T a, T b, T c);

        static abstract float First(T value);
    }

    private readonly struct Wide512 : IOperations<Vector512<float>>
    {
        public static int Lanes => Vector512<float>.Count;

        public static bool ManyRegisters => true;

        public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

        public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.FusedMultiplyAdd(a, b, c);

        public static float First(Vector512<float> value) => value.ToScalar();
    }

    private readonly struct Wide256 : IOperations<Vector256<float>>
    {
        public static int Lanes => Vector256<float>.Count;

        public static bool ManyRegisters => false;

        public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

        public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, b, c);

        public static float First(Vector256<float> value) => value.ToScalar();
    }

    private readonly struct Neon128 : IOperations<Vector128<float>>
    {
        public static int Lanes => Vector128<float>.Count;

        public static bool ManyRegisters => true;

        public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

        public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.FusedMultiplyAdd(a, b, c);

        public static float First(Vector128<float> value) => value.ToScalar();
    }

    // Without a fused instruction a multiply-add is what the hardware has: a product and a sum.
    private readonly struct Portable128 : IOperations<Vector128<float>>
    {
        public static int Lanes => Vector128<float>.Count;

        public static bool ManyRegisters => false;

        public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

        public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => (a * b) + c;

        public static float First(Vector128<float> value) => value.ToScalar();
    }
}
