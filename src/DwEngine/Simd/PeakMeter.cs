using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DwEngine.Simd;

/// <summary>
/// Measures how many float32 multiply-adds one core does in a second at most with the vectors of an instruction set: independent chains of multiply-adds that
/// stay in registers. Not for several threads at a time.
/// </summary>
public sealed unsafe class PeakMeter
{
    private const int Windows = 24;
    private const int Steps = 100_000;
    private const double NearPeak = 0.95;
    private const int WidestVector = 16;

    // Where vectors run in software or the CPU is emulated, a few windows must do.
    private static readonly TimeSpan s_longestSample = TimeSpan.FromSeconds(0.1);

    private readonly List<double> _rates = [];

    /// <summary>Prepares to measure; <see cref="Sample"/> does it.</summary>
    /// <param name="isa">The instruction set; <see cref="Isas.Best"/> for the peak of the CPU.</param>
    /// <exception cref="PlatformNotSupportedException">The CPU lacks the instruction set.</exception>
    public PeakMeter(Isa isa)
    {
        Isas.ThrowIfUnsupported(isa);
        Isa = isa;
    }

    /// <summary>The instruction set whose peak this is.</summary>
    public Isa Isa { get; }

    /// <summary>The best rate of all samples so far: 10^9 multiply-adds in a second.</summary>
    /// <exception cref="InvalidOperationException">There is no sample yet.</exception>
    public double GigaMacsPerSecond => _rates.Max();

    /// <summary>The part of all windows that came within 5 percent of the best: near 1 on a quiet machine with a steady clock.</summary>
    /// <exception cref="InvalidOperationException">There is no sample yet.</exception>
    public double Quiet
    {
        get
        {
            double near = NearPeak * GigaMacsPerSecond;
            return (double)_rates.Count(rate => rate >= near) / _rates.Count;
        }
    }

    /// <summary>Adds some windows of a millisecond or less each. The best of many is taken, so that other load does not lower the peak.</summary>
    public void Sample()
    {
        float* result = stackalloc float[WidestVector];
        long begin = Stopwatch.GetTimestamp();
        for (int window = 0; window == 0 || (window < Windows && Stopwatch.GetElapsedTime(begin) < s_longestSample); window++)
        {
            long start = Stopwatch.GetTimestamp();
            long multiplyAdds = Isa switch
            {
                Isa.Avx512 => Run<Avx512Simd, Vector512<float>>(result),
                Isa.Avx2 => Run<Avx2Simd, Vector256<float>>(result),
                Isa.Neon => Run<NeonSimd, Vector128<float>>(result),
                _ => Run<PortableSimd, Vector128<float>>(result),
            };
            _rates.Add(multiplyAdds / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }
    }

    /// <summary>Multiply-adds in one turn of the loop in <see cref="Chains"/>.</summary>
    internal static int ChainCount<TSimd, TVector>()
        where TSimd : struct, ISimd<TVector>
        where TVector : struct =>
        TSimd.Registers > 16 ? 24 : 14;

    private static long Run<TSimd, TVector>(float* result)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        Chains<TSimd, TVector>(Steps, result);
        return (long)Steps * ChainCount<TSimd, TVector>() * TSimd.Lanes;
    }

    /// <summary>
    /// The chains. Fourteen cover two units with a latency of up to seven cycles; 32 registers have room for twenty-four, which four units need. What they come to is
    /// stored, so that the compiler needs them.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Chains<TSimd, TVector>(int steps, float* result)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        // Every chain stays at 1, so that no rate depends on denormals or infinities; both factor and addend are its own, so that nothing can be moved out of the loop.
        TVector a = TSimd.Broadcast(1f / (1 << 30)), one = TSimd.Broadcast(1);
        TVector c0 = one, c1 = one, c2 = one, c3 = one, c4 = one, c5 = one, c6 = one, c7 = one, c8 = one, c9 = one, c10 = one, c11 = one;
        TVector d0 = one, d1 = one, d2 = one, d3 = one, d4 = one, d5 = one, d6 = one, d7 = one, d8 = one, d9 = one, d10 = one, d11 = one;
        for (int step = 0; step < steps; step++)
        {
            c0 = TSimd.MultiplyAdd(c0, a, c0);
            c1 = TSimd.MultiplyAdd(c1, a, c1);
            c2 = TSimd.MultiplyAdd(c2, a, c2);
            c3 = TSimd.MultiplyAdd(c3, a, c3);
            c4 = TSimd.MultiplyAdd(c4, a, c4);
            c5 = TSimd.MultiplyAdd(c5, a, c5);
            c6 = TSimd.MultiplyAdd(c6, a, c6);
            c7 = TSimd.MultiplyAdd(c7, a, c7);
            c8 = TSimd.MultiplyAdd(c8, a, c8);
            c9 = TSimd.MultiplyAdd(c9, a, c9);
            c10 = TSimd.MultiplyAdd(c10, a, c10);
            c11 = TSimd.MultiplyAdd(c11, a, c11);
            d0 = TSimd.MultiplyAdd(d0, a, d0);
            d1 = TSimd.MultiplyAdd(d1, a, d1);
            if (TSimd.Registers > 16)
            {
                d2 = TSimd.MultiplyAdd(d2, a, d2);
                d3 = TSimd.MultiplyAdd(d3, a, d3);
                d4 = TSimd.MultiplyAdd(d4, a, d4);
                d5 = TSimd.MultiplyAdd(d5, a, d5);
                d6 = TSimd.MultiplyAdd(d6, a, d6);
                d7 = TSimd.MultiplyAdd(d7, a, d7);
                d8 = TSimd.MultiplyAdd(d8, a, d8);
                d9 = TSimd.MultiplyAdd(d9, a, d9);
                d10 = TSimd.MultiplyAdd(d10, a, d10);
                d11 = TSimd.MultiplyAdd(d11, a, d11);
            }
        }

        TVector c = Sum<TSimd, TVector>(Sum<TSimd, TVector>(c0, c1, c2, c3), Sum<TSimd, TVector>(c4, c5, c6, c7), Sum<TSimd, TVector>(c8, c9, c10, c11), a);
        TVector d = Sum<TSimd, TVector>(Sum<TSimd, TVector>(d0, d1, d2, d3), Sum<TSimd, TVector>(d4, d5, d6, d7), Sum<TSimd, TVector>(d8, d9, d10, d11), a);
        TSimd.Store(result, TSimd.Add(c, d));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Sum<TSimd, TVector>(TVector a, TVector b, TVector c, TVector d)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct =>
        TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d));
}
