using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>
/// The memory that disposed sessions leave behind for the next ones, in the whole process. Sessions that are alive are not part of it, and
/// nothing here touches them. Safe for any number of threads.
/// </summary>
public static class EngineMemory
{
    /// <summary>
    /// Bytes that may be kept, 256 MiB unless set. Beyond it, what has waited longest goes back to the system; 0 keeps nothing. Setting a
    /// lower value takes effect at once.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public static long MaxIdleBytes
    {
        get => BufferPool.Shared.MaxIdleBytes;
        set => BufferPool.Shared.MaxIdleBytes = value;
    }

    /// <summary>Bytes that are kept now, at most <see cref="MaxIdleBytes"/>.</summary>
    public static long IdleBytes => BufferPool.Shared.IdleBytes;

    /// <summary>Gives all that is kept back to the system.</summary>
    public static void Trim() => BufferPool.Shared.Trim();
}
