using System.Diagnostics;
using System.Runtime.CompilerServices;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Benchmarks.Roofline;

/// <summary>
/// Measures how fast one core reads a block of memory again and again in one stream. The block's size says which cache it comes from, or
/// that it comes from memory.
/// </summary>
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
            Isa.Avx512 => Read<Avx512Vector>(_block.Floats, floats),
            Isa.Avx2 => Read<Avx2Vector>(_block.Floats, floats),
            Isa.Neon => Read<NeonVector>(_block.Floats, floats),
            _ => Read<PortableVector>(_block.Floats, floats),
        };
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Read<TVector>(float* block, long floats)
        where TVector : struct, IVector<TVector>
    {
        TVector s0 = TVector.Broadcast(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        for (float* end = block + floats; block < end; block += Chains * TVector.Lanes)
        {
            s0 = TVector.Add(s0, TVector.Load(block));
            s1 = TVector.Add(s1, TVector.Load(block + TVector.Lanes));
            s2 = TVector.Add(s2, TVector.Load(block + (2 * TVector.Lanes)));
            s3 = TVector.Add(s3, TVector.Load(block + (3 * TVector.Lanes)));
            s4 = TVector.Add(s4, TVector.Load(block + (4 * TVector.Lanes)));
            s5 = TVector.Add(s5, TVector.Load(block + (5 * TVector.Lanes)));
            s6 = TVector.Add(s6, TVector.Load(block + (6 * TVector.Lanes)));
            s7 = TVector.Add(s7, TVector.Load(block + (7 * TVector.Lanes)));
        }

        TVector low = TVector.Add(TVector.Add(s0, s1), TVector.Add(s2, s3)), high = TVector.Add(TVector.Add(s4, s5), TVector.Add(s6, s7));
        return TVector.Sum(TVector.Add(low, high));
    }
}
