using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// Measures how many float32 multiply-adds one core does in a second at most with the vectors of an instruction set: independent chains of
/// multiply-adds that stay in registers. Not for several threads at a time.
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

    /// <summary>
    /// Adds some windows of a millisecond or less each. The best of many is taken, so that other load does not lower the peak.
    /// </summary>
    public void Sample()
    {
        float* result = stackalloc float[WidestVector];
        long begin = Stopwatch.GetTimestamp();
        for (int window = 0; window == 0 || (window < Windows && Stopwatch.GetElapsedTime(begin) < s_longestSample); window++)
        {
            long start = Stopwatch.GetTimestamp();
            long multiplyAdds = Isa switch
            {
                Isa.Avx512 => Run<Avx512Vector>(result),
                Isa.Avx2 => Run<Avx2Vector>(result),
                Isa.Neon => Run<NeonVector>(result),
                _ => Run<PortableVector>(result),
            };
            _rates.Add(multiplyAdds / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }
    }

    /// <summary>Multiply-adds in one turn of the loop in <see cref="Chains"/>.</summary>
    internal static int ChainCount<TVector>()
        where TVector : struct, IVector<TVector> =>
        TVector.Registers > 16 ? 24 : 14;

    private static long Run<TVector>(float* result)
        where TVector : struct, IVector<TVector>
    {
        Chains<TVector>(Steps, result);
        return (long)Steps * ChainCount<TVector>() * TVector.Lanes;
    }

    /// <summary>
    /// The chains. Fourteen cover two units with a latency of up to seven cycles; 32 registers have room for twenty-four, which four units
    /// need. What they come to is stored, so that the compiler needs them.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Chains<TVector>(int steps, float* result)
        where TVector : struct, IVector<TVector>
    {
        // Every chain stays at 1, so that no rate depends on denormals or infinities; both factor and addend are its own, so that nothing
        // can be moved out of the loop.
        TVector a = TVector.Broadcast(1f / (1 << 30)), one = TVector.Broadcast(1);
        TVector c0 = one, c1 = one, c2 = one, c3 = one, c4 = one, c5 = one, c6 = one, c7 = one, c8 = one, c9 = one, c10 = one, c11 = one;
        TVector d0 = one, d1 = one, d2 = one, d3 = one, d4 = one, d5 = one, d6 = one, d7 = one, d8 = one, d9 = one, d10 = one, d11 = one;
        for (int step = 0; step < steps; step++)
        {
            TVector.Accumulate(ref c0, c0, a);
            TVector.Accumulate(ref c1, c1, a);
            TVector.Accumulate(ref c2, c2, a);
            TVector.Accumulate(ref c3, c3, a);
            TVector.Accumulate(ref c4, c4, a);
            TVector.Accumulate(ref c5, c5, a);
            TVector.Accumulate(ref c6, c6, a);
            TVector.Accumulate(ref c7, c7, a);
            TVector.Accumulate(ref c8, c8, a);
            TVector.Accumulate(ref c9, c9, a);
            TVector.Accumulate(ref c10, c10, a);
            TVector.Accumulate(ref c11, c11, a);
            TVector.Accumulate(ref d0, d0, a);
            TVector.Accumulate(ref d1, d1, a);
            if (TVector.Registers > 16)
            {
                TVector.Accumulate(ref d2, d2, a);
                TVector.Accumulate(ref d3, d3, a);
                TVector.Accumulate(ref d4, d4, a);
                TVector.Accumulate(ref d5, d5, a);
                TVector.Accumulate(ref d6, d6, a);
                TVector.Accumulate(ref d7, d7, a);
                TVector.Accumulate(ref d8, d8, a);
                TVector.Accumulate(ref d9, d9, a);
                TVector.Accumulate(ref d10, d10, a);
                TVector.Accumulate(ref d11, d11, a);
            }
        }

        TVector c = Sum<TVector>(Sum<TVector>(c0, c1, c2, c3), Sum<TVector>(c4, c5, c6, c7), Sum<TVector>(c8, c9, c10, c11), a);
        TVector d = Sum<TVector>(Sum<TVector>(d0, d1, d2, d3), Sum<TVector>(d4, d5, d6, d7), Sum<TVector>(d8, d9, d10, d11), a);
        TVector.Store(result, TVector.Add(c, d));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Sum<TVector>(TVector a, TVector b, TVector c, TVector d)
        where TVector : struct, IVector<TVector> =>
        TVector.Add(TVector.Add(a, b), TVector.Add(c, d));
}
