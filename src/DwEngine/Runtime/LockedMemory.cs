using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>What a session keeps in RAM: its own block, and the weights that the model has packed.</summary>
internal sealed class LockedMemory : IDisposable
{
    private readonly List<AlignedBuffer> _locked = [];

    /// <summary>Locks all of it.</summary>
    /// <exception cref="ResourceException">The system is not Linux, or does not allow it; nothing stays locked.</exception>
    public LockedMemory(AlignedBuffer own, PackedWeights weights)
    {
        try
        {
            foreach (AlignedBuffer buffer in weights.Buffers.Prepend(own))
            {
                RealTime.Lock(buffer);
                _locked.Add(buffer);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Takes all locks back; the memory must still be there.</summary>
    public void Dispose()
    {
        _locked.ForEach(buffer => buffer.Unlock());
        _locked.Clear();
    }
}
