using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>The memory that disposed sessions leave behind for the next ones.</summary>
public static class EngineMemory
{
    /// <summary>Gives it back to the system. Sessions that are alive are not touched.</summary>
    public static void Trim() => BufferPool.Shared.Trim();
}
