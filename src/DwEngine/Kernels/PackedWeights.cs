using System.Collections.Concurrent;
using DwEngine.Tensors;

namespace DwEngine.Kernels;

/// <summary>
/// Weights in the order in which kernels read them, packed once for each owner (a layer) and layout, however many plans use them.
/// Safe for any number of threads.
/// </summary>
/// <param name="place">Says where a buffer that has just been packed shall lie; null leaves it where it is.</param>
internal sealed class PackedWeights(Func<AlignedBuffer, AlignedBuffer>? place = null) : IDisposable
{
    private readonly ConcurrentDictionary<(object Owner, string Layout), Lazy<AlignedBuffer>> _buffers = new();

    /// <summary>The sum of all packed buffers in bytes.</summary>
    public long ByteLength => Buffers.Sum(buffer => buffer.ByteLength);

    /// <summary>The packed buffer of that owner and layout, made by <paramref name="pack"/> at the first call.</summary>
    public AlignedBuffer Get(object owner, string layout, Func<AlignedBuffer> pack) =>
        _buffers.GetOrAdd((owner, layout), _ => new Lazy<AlignedBuffer>(() => place is null ? pack() : place(pack()))).Value;

    /// <summary>All buffers that are packed now.</summary>
    public IEnumerable<AlignedBuffer> Buffers => _buffers.Values.Where(b => b.IsValueCreated).Select(b => b.Value);

    /// <summary>Frees all buffers. No kernel that was bound to them may run afterwards.</summary>
    public void Dispose()
    {
        foreach (Lazy<AlignedBuffer> buffer in _buffers.Values)
        {
            if (buffer.IsValueCreated)
            {
                buffer.Value.Dispose();
            }
        }

        _buffers.Clear();
    }
}
