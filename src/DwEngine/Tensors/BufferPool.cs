using System.Collections.Concurrent;
using System.Numerics;

namespace DwEngine.Tensors;

/// <summary>
/// Keeps returned buffers for the next who asks for a like size. Sizes are rounded up to one of eight steps between powers of two,
/// so a buffer is at most an eighth larger than asked for. Safe for any number of threads.
/// </summary>
/// <remarks>
/// A buffer has one owner at any time: who takes it off a stack, to use or to free it, is alone in having it. A pool whose disposal looks at
/// buffers that it has not taken out would free what somebody else has just rented.
/// </remarks>
internal sealed class BufferPool
{
    private const int SmallestStep = 4096;

    // About as many as run at the same time.
    private static readonly int s_mostIdle = 2 * Environment.ProcessorCount;

    private readonly ConcurrentDictionary<long, ConcurrentStack<AlignedBuffer>> _idle = new();

    /// <summary>The pool that sessions use.</summary>
    public static BufferPool Shared { get; } = new();

    /// <summary>A buffer of at least <paramref name="byteLength"/> bytes, with unspecified content.</summary>
    public AlignedBuffer Rent(long byteLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        long size = RoundUp(byteLength);
        return IdleOf(size).TryPop(out AlignedBuffer? buffer) ? buffer : new AlignedBuffer(size);
    }

    /// <summary>Gives a rented buffer back; the caller must not touch it afterwards.</summary>
    public void Return(AlignedBuffer buffer)
    {
        ConcurrentStack<AlignedBuffer> idle = IdleOf(buffer.ByteLength);
        if (idle.Count < s_mostIdle)
        {
            idle.Push(buffer);
        }
        else
        {
            buffer.Dispose();
        }
    }

    /// <summary>Frees every buffer that is not rented.</summary>
    public void Trim()
    {
        foreach (ConcurrentStack<AlignedBuffer> idle in _idle.Values)
        {
            while (idle.TryPop(out AlignedBuffer? buffer))
            {
                buffer.Dispose();
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

    private ConcurrentStack<AlignedBuffer> IdleOf(long size) => _idle.GetOrAdd(size, static _ => new());
}
