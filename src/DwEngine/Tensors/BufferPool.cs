using System.Numerics;

namespace DwEngine.Tensors;

/// <summary>
/// Keeps returned buffers for the next who asks for a like size, up to a limit of bytes. Sizes are rounded up to one of eight steps between
/// powers of two, so a buffer is at most an eighth larger than asked for. Safe for any number of threads.
/// </summary>
/// <remarks>
/// A buffer has one owner at any time: who takes it out of the pool, to use or to free it, is alone in having it. The lock is taken when
/// sessions come and go, never in a run.
/// </remarks>
internal sealed class BufferPool
{
    /// <summary>The limit that a pool begins with: room for dozens of sessions of the size that the engine is for.</summary>
    public const long DefaultMaxIdleBytes = 256L << 20;

    private const int SmallestStep = 4096;

    private readonly Lock _lock = new();

    // By size; within a size the one that was returned last stands last. No list is empty.
    private readonly Dictionary<long, LinkedList<Idle>> _idle = [];
    private long _returns;
    private long _idleBytes;
    private long _maxIdleBytes = DefaultMaxIdleBytes;

    /// <summary>The pool that sessions use.</summary>
    public static BufferPool Shared { get; } = new();

    /// <summary>Bytes of all buffers that wait for somebody to rent them.</summary>
    public long IdleBytes
    {
        get
        {
            lock (_lock)
            {
                return _idleBytes;
            }
        }
    }

    /// <summary>
    /// The limit of <see cref="IdleBytes"/>, at least 0. Beyond it those buffers are freed that have waited longest; lowering it frees them
    /// at once.
    /// </summary>
    public long MaxIdleBytes
    {
        get
        {
            lock (_lock)
            {
                return _maxIdleBytes;
            }
        }

        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            lock (_lock)
            {
                _maxIdleBytes = value;
                FreeOldest(value);
            }
        }
    }

    /// <summary>A buffer of at least <paramref name="byteLength"/> bytes, with unspecified content.</summary>
    /// <exception cref="OutOfMemoryException">The system has no such block.</exception>
    public AlignedBuffer Rent(long byteLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        long size = RoundUp(byteLength);
        lock (_lock)
        {
            if (_idle.TryGetValue(size, out LinkedList<Idle>? sameSize))
            {
                return TakeOut(sameSize, sameSize.Last!);
            }
        }

        return new AlignedBuffer(size);
    }

    /// <summary>Gives a rented buffer back; the caller must not touch it afterwards.</summary>
    public void Return(AlignedBuffer buffer)
    {
        lock (_lock)
        {
            // Room is made first, so that what is held is never more than the limit.
            if (buffer.ByteLength <= _maxIdleBytes)
            {
                FreeOldest(_maxIdleBytes - buffer.ByteLength);
                PutIn(buffer);
                return;
            }
        }

        buffer.Dispose();
    }

    /// <summary>Frees every buffer that is not rented.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            FreeOldest(0);
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

    private void PutIn(AlignedBuffer buffer)
    {
        if (!_idle.TryGetValue(buffer.ByteLength, out LinkedList<Idle>? sameSize))
        {
            sameSize = new LinkedList<Idle>();
            _idle.Add(buffer.ByteLength, sameSize);
        }

        sameSize.AddLast(new Idle(buffer, _returns++));
        _idleBytes += buffer.ByteLength;
    }

    private AlignedBuffer TakeOut(LinkedList<Idle> sameSize, LinkedListNode<Idle> idle)
    {
        sameSize.Remove(idle);
        AlignedBuffer buffer = idle.Value.Buffer;
        _idleBytes -= buffer.ByteLength;
        if (sameSize.Count == 0)
        {
            _idle.Remove(buffer.ByteLength);
        }

        return buffer;
    }

    // There are a few sizes only, so the oldest buffer is looked for among the oldest of each.
    private void FreeOldest(long bytesToKeep)
    {
        while (_idleBytes > bytesToKeep)
        {
            LinkedList<Idle> oldest = _idle.Values.MinBy(sameSize => sameSize.First!.Value.Returned)!;
            TakeOut(oldest, oldest.First!).Dispose();
        }
    }

    /// <summary>A buffer that waits.</summary>
    /// <param name="Buffer">The buffer.</param>
    /// <param name="Returned">How many were returned before it.</param>
    private readonly record struct Idle(AlignedBuffer Buffer, long Returned);
}
