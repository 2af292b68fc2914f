using System.Collections.Concurrent;
using System.Numerics;
using Microsoft.Extensions.ObjectPool;

namespace DwEngine.Tensors;

/// <summary>
/// Keeps returned buffers for the next who asks for a like size. Sizes are rounded up to one of eight steps between powers of two,
/// so a buffer is at most an eighth larger than asked for. Safe for any number of threads.
/// </summary>
internal sealed class BufferPool
{
    private const int SmallestStep = 4096;

    private readonly ConcurrentDictionary<long, ObjectPool<AlignedBuffer>> _pools = new();

    /// <summary>The pool that sessions use.</summary>
    public static BufferPool Shared { get; } = new();

    /// <summary>A buffer of at least <paramref name="byteLength"/> bytes, with unspecified content.</summary>
    public AlignedBuffer Rent(long byteLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        long size = RoundUp(byteLength);
        while (true)
        {
            try
            {
                return PoolFor(size).Get();
            }
            catch (ObjectDisposedException)
            {
                // Trim has taken the pool away between the two calls; the next one is new.
            }
        }
    }

    /// <summary>Gives a rented buffer back; the caller must not touch it afterwards.</summary>
    public void Return(AlignedBuffer buffer) => PoolFor(buffer.ByteLength).Return(buffer);

    /// <summary>Frees every buffer that is not rented.</summary>
    public void Trim()
    {
        foreach (long size in _pools.Keys)
        {
            if (_pools.TryRemove(size, out ObjectPool<AlignedBuffer>? pool))
            {
                (pool as IDisposable)?.Dispose();
            }
        }
    }

    internal static long RoundUp(long byteLength)
    {
        if (byteLength <= SmallestStep)
        {
            return SmallestStep;
        }

        long step = (long)BitOperations.RoundUpToPowerOf2((ulong)byteLength) / 16;
        return checked((byteLength + step - 1) / step * step);
    }

    private ObjectPool<AlignedBuffer> PoolFor(long size) =>
        _pools.GetOrAdd(size, static key => new DefaultObjectPoolProvider().Create(new Policy(key)));

    private sealed class Policy(long size) : PooledObjectPolicy<AlignedBuffer>
    {
        public override AlignedBuffer Create() => new(size);

        public override bool Return(AlignedBuffer obj) => true;
    }
}
