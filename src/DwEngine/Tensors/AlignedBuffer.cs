using System.Runtime.InteropServices;

namespace DwEngine.Tensors;

/// <summary>
/// Unmanaged memory aligned to <see cref="Alignment"/> bytes, so that the garbage collector neither moves nor scans it. Freed by
/// <see cref="Dispose"/> or by the finalizer; whoever hands out its pointer must keep the buffer alive meanwhile.
/// </summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    /// <summary>The alignment in bytes: a cache line and the widest vector.</summary>
    public const int Alignment = 64;

    private static long s_livingBytes;

    private readonly bool _isBorrowed;
    private nint _memory;
    private int _locks;

    // What is smaller is asked of the system without a look at what it has.
    private const long AlwaysTried = 64 << 20;

    /// <summary>Allocates zeroed memory.</summary>
    /// <exception cref="ShapeException">The process may not use so much memory, or the system has no such block.</exception>
    public AlignedBuffer(long byteLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        RequireAvailable(byteLength);
        ByteLength = byteLength;
        try
        {
            _memory = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(byteLength, Alignment), (nuint)HugePages.AlignmentFor(byteLength));
        }
        catch (OutOfMemoryException error)
        {
            GC.SuppressFinalize(this);
            throw new ShapeException($"{Words.Count(byteLength, "byte")} of memory are needed, which the system does not have.", error);
        }

        HugePages.Advise((void*)_memory, byteLength);
        NativeMemory.Clear((void*)_memory, (nuint)byteLength);
        GC.AddMemoryPressure(Math.Max(byteLength, Alignment));
        Interlocked.Add(ref s_livingBytes, byteLength);
    }

    /// <summary>Wraps memory that somebody else owns, keeps alive and frees.</summary>
    /// <param name="memory">The first byte, aligned to <see cref="Alignment"/>.</param>
    /// <param name="byteLength">Usable bytes.</param>
    public AlignedBuffer(void* memory, long byteLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        ArgumentOutOfRangeException.ThrowIfNotEqual((nint)memory % Alignment, 0, nameof(memory));
        ByteLength = byteLength;
        _memory = (nint)memory;
        _isBorrowed = true;
    }

    /// <summary>Frees memory that was never disposed.</summary>
    ~AlignedBuffer() => Free();

    /// <summary>Bytes of all buffers in this process that are allocated and not freed.</summary>
    public static long LivingBytes => Interlocked.Read(ref s_livingBytes);

    /// <summary>Usable bytes.</summary>
    public long ByteLength { get; }

    /// <summary>The first byte.</summary>
    /// <exception cref="ObjectDisposedException">The memory is freed.</exception>
    public void* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory == 0, this);
            return (void*)_memory;
        }
    }

    /// <summary>The first float.</summary>
    public float* Floats => (float*)Pointer;

    /// <summary>The memory as bytes.</summary>
    public Span<byte> AsBytes() => new(Pointer, checked((int)ByteLength));

    /// <summary>The memory as floats.</summary>
    public Span<float> AsSpan() => new(Pointer, checked((int)(ByteLength / sizeof(float))));

    /// <summary>
    /// Throws if so much memory is more than the process may use, so that it is refused before the system ends the process.
    /// </summary>
    /// <exception cref="ShapeException">It is more than the machine, or the container, has.</exception>
    public static void RequireAvailable(long byteLength)
    {
        if (byteLength > AlwaysTried && byteLength > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
        {
            throw new ShapeException(
                $"{Words.Count(byteLength, "byte")} of memory are needed, more than the "
                + $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes} that this process may use.");
        }
    }

    /// <summary>Keeps the memory in RAM until <see cref="Unlock"/> or its end. Calls are counted.</summary>
    /// <param name="error">The system's error, if it is refused.</param>
    public bool TryLock(out int error)
    {
        if (!LockedPages.TryLock(Pointer, ByteLength, out error))
        {
            return false;
        }

        Interlocked.Increment(ref _locks);
        return true;
    }

    /// <summary>Takes one lock back.</summary>
    public void Unlock()
    {
        LockedPages.Unlock(Pointer, ByteLength);
        Interlocked.Decrement(ref _locks);
    }

    /// <summary>Frees the memory; further calls do nothing.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        nint memory = Interlocked.Exchange(ref _memory, 0);
        for (; memory != 0 && _locks > 0; _locks--)
        {
            LockedPages.Unlock((void*)memory, ByteLength);
        }

        if (memory != 0 && !_isBorrowed)
        {
            NativeMemory.AlignedFree((void*)memory);
            GC.RemoveMemoryPressure(Math.Max(ByteLength, Alignment));
            Interlocked.Add(ref s_livingBytes, -ByteLength);
        }
    }
}
