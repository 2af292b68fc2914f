using System.Runtime.InteropServices;

namespace DwEngine.Files;

/// <summary>What the operating system tells of files and the class library does not.</summary>
internal static partial class Posix
{
    public const int NotPermitted = 1, NotFound = 2, Interrupted = 4, TryAgain = 11, NotADirectory = 20, BrokenPipe = 32;

    /// <summary>Names are resolved from the current folder.</summary>
    public const int CurrentFolder = -100;

    /// <summary>The name is empty: the descriptor itself is asked about.</summary>
    public const int EmptyPath = 0x1000;

    public const uint BasicFields = 0x7ff;

    public const int GetDescriptorFlags = 1, CloseOnExec = 1;

    /// <summary>Linux's <c>struct statx</c>, the same on every processor.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct Status
    {
        [FieldOffset(20)]
        public uint Owner;

        [FieldOffset(24)]
        public uint Group;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GetStatus(int folder, string path, int flags, uint fields, out Status status);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeOwner(string path, uint owner, uint group);
}
