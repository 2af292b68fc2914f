using System.Runtime.InteropServices;

namespace DwEngine.Tensors;

/// <summary>
/// Asks the system to back a large block with huge pages, where it leaves that to programs (<c>madvise</c> on Linux). Whoever reads many
/// megabytes of weights from end to end otherwise comes to a new page each 4 KiB, and waits for its address. This is advice alone: a
/// system without huge pages ignores it.
/// </summary>
internal static unsafe partial class HugePages
{
    // Of x64, and of ARM with pages of 4 KiB.
    private const int PageBytes = 1 << 21;

    // MADV_HUGEPAGE.
    private const int Advice = 14;

    /// <summary>The alignment of a block of some length, in bytes, that lets huge pages begin where it begins.</summary>
    public static int AlignmentFor(long byteLength) =>
        byteLength >= PageBytes && OperatingSystem.IsLinux() ? PageBytes : AlignedBuffer.Alignment;

    /// <summary>Asks for huge pages for the part of a block that fills whole ones, before anybody writes to it.</summary>
    /// <param name="memory">The first byte, aligned as <see cref="AlignmentFor"/> says.</param>
    /// <param name="byteLength">Bytes of the block.</param>
    public static void Advise(void* memory, long byteLength)
    {
        if (byteLength >= PageBytes && OperatingSystem.IsLinux())
        {
            _ = Advise(memory, (nuint)(byteLength / PageBytes * PageBytes), Advice);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* memory, nuint byteLength, int advice);
}
