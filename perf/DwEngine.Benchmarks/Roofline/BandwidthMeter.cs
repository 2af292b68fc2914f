using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Benchmarks.Roofline;

/// <summary>Measures how fast one core reads a block of memory again and again in one stream. The block's size says which cache it comes from, or that it comes from memory.</summary>
/// <param name="isa">The instruction set whose vectors are read.</param>
/// <param name="bytes">The block's size.</param>
internal sealed unsafe class BandwidthMeter(Isa isa, long bytes) : IDisposable
{
    private const int Windows = 24, Chains = 8;

    // Long enough for the clock, so that a small block is read several times.
    private const long LeastBytes = 1 << 25;

    private static readonly TimeSpan s_longestSample = TimeSpan.FromSeconds(0.3);

    private readonly AlignedBuffer _block = new(bytes / StrideBytes * StrideBytes);

    // Kept, so that the compiler needs what is read.
    private float _sum;

    /// <summary>The best rate of all samples so far: 10^9 bytes in a second. 0 without a sample.</summary>
    public double GigaBytesPerSecond { get; private set; }

    // What one turn of the loop reads with the widest vectors.
    private static int StrideBytes => Chains * AlignedBuffer.Alignment;

    /// <summary>Adds some windows. The best of many is taken, so that other load does not lower the rate.</summary>
    public void Sample()
    {
        long repeats = Math.Max(1, LeastBytes / _block.ByteLength), begin = Stopwatch.GetTimestamp();
        for (int window = 0; window == 0 || (window < Windows && Stopwatch.GetElapsedTime(begin) < s_longestSample); window++)
        {
            long start = Stopwatch.GetTimestamp();
            for (long i = 0; i < repeats; i++)
            {
                Read();
            }

            double rate = repeats * _block.ByteLength / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
            GigaBytesPerSecond = Math.Max(GigaBytesPerSecond, rate);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _block.Dispose();

    private void Read()
    {
        long floats = _block.ByteLength / sizeof(float);
        _sum = isa switch
        {
            Isa.Avx512 => Read<Avx512Simd, Vector512<float>>(_block.Floats, floats),
            Isa.Avx2 => Read<Avx2Simd, Vector256<float>>(_block.Floats, floats),
            Isa.Neon => Read<NeonSimd, Vector128<float>>(_block.Floats, floats),
            _ => Read<PortableSimd, Vector128<float>>(_block.Floats, floats),
        };
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Read<TSimd, TVector>(float* block, long floats)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector s0 = TSimd.Broadcast(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        for (float* end = block + floats; block < end; block += Chains * TSimd.Lanes)
        {
            s0 = TSimd.Add(s0, TSimd.Load(block));
            s1 = TSimd.Add(s1, TSimd.Load(block + TSimd.Lanes));
            s2 = TSimd.Add(s2, TSimd.Load(block + (2 * TSimd.Lanes)));
            s3 = TSimd.Add(s3, TSimd.Load(block + (3 * TSimd.Lanes)));
            s4 = TSimd.Add(s4, TSimd.Load(block + (4 * TSimd.Lanes)));
            s5 = TSimd.Add(s5, TSimd.Load(block + (5 * TSimd.Lanes)));
            s6 = TSimd.Add(s6, TSimd.Load(block + (6 * TSimd.Lanes)));
            s7 = TSimd.Add(s7, TSimd.Load(block + (7 * TSimd.Lanes)));
        }

        TVector low = TSimd.Add(TSimd.Add(s0, s1), TSimd.Add(s2, s3)), high = TSimd.Add(TSimd.Add(s4, s5), TSimd.Add(s6, s7));
        return TSimd.Sum(TSimd.Add(low, high));
    }
}
