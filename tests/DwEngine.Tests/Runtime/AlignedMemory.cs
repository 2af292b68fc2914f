using DwEngine.Runtime;
using DwEngine.Tensors;

namespace DwEngine.Tests.Runtime;

/// <summary>Unmanaged memory of the whole process.</summary>
internal static class AlignedMemory
{
    /// <summary>Frees what was forgotten and what lies idle, so that the collector frees none of it later.</summary>
    /// <returns>The bytes that are in use.</returns>
    public static long Settle()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        EngineMemory.Trim();
        return AlignedBuffer.LivingBytes;
    }
}
