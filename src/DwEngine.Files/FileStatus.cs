using System.Runtime.InteropServices;

namespace DwEngine.Files;

/// <summary>What stands behind a name.</summary>
public enum FileKind
{
    /// <summary>A file that holds bytes.</summary>
    Regular,

    /// <summary>A folder.</summary>
    Directory,

    /// <summary>A pipe, with a name or without.</summary>
    Pipe,

    /// <summary>A device, such as a terminal or <c>/dev/null</c>.</summary>
    Device,

    /// <summary>A socket.</summary>
    Socket,
}

/// <summary>What the operating system tells of a file without opening it. Links are followed.</summary>
/// <param name="Kind">What it is. Other systems than Linux tell only of files and folders.</param>
/// <param name="Identity">
/// The same for every name of one file, hard links included, and different for different files: device and inode, or the full path where
/// the system tells no inode.
/// </param>
/// <param name="Owner">The owner's number; 0 where the system has none.</param>
/// <param name="Group">The group's number; 0 where the system has none.</param>
/// <param name="Mode">Who may read and write it; none where the system does not tell.</param>
public readonly record struct FileStatus(FileKind Kind, string Identity, uint Owner, uint Group, UnixFileMode Mode)
{
    // The bits of a mode that tell the kind, and their values.
    private const int KindBits = 0xf000, Pipe = 0x1000, CharacterDevice = 0x2000, Directory = 0x4000, BlockDevice = 0x6000, Socket = 0xc000;

    /// <summary>The status of what a name leads to; null if that is nothing, or the system does not tell.</summary>
    public static FileStatus? Of(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return OfName(Posix.CurrentFolder, path, 0, out int error) is { } status ? status : IsAbsence(error) ? null
            : WithoutSystemCall(path);
    }

    /// <summary>
    /// The status of what an open descriptor of this process leads to; null if it is not open, or the system does not tell.
    /// </summary>
    public static FileStatus? Of(int descriptor) => OfName(descriptor, "", Posix.EmptyPath, out _);

    /// <summary>Gives a new file the owner, the group and the mode of this one, as far as the system lets this process.</summary>
    /// <exception cref="IOException">The mode cannot be set.</exception>
    /// <exception cref="UnauthorizedAccessException">The mode cannot be set.</exception>
    public void CopyTo(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if (Of(path) is { } other && (other.Owner != Owner || other.Group != Group))
        {
            // Only the superuser may give files away; the file is the writer's otherwise.
            _ = Posix.ChangeOwner(path, Owner, Group);
        }

        if (Mode != UnixFileMode.None)
        {
            File.SetUnixFileMode(path, Mode);
        }
    }

    /// <summary>
    /// Whether a name leads to nothing for sure. What is out of reach may well be there; opening it tells why it is not to be had.
    /// </summary>
    internal static bool IsAbsent(string path) =>
        Of(path) is null
            && (!OperatingSystem.IsLinux() || (OfName(Posix.CurrentFolder, path, 0, out int error) is null && IsAbsence(error)));

    private static bool IsAbsence(int error) => error is Posix.NotFound or Posix.NotADirectory;

    private static FileStatus? OfName(int folder, string path, int flags, out int error)
    {
        error = Posix.NotPermitted;
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            if (Posix.GetStatus(folder, path, flags, Posix.BasicFields, out Posix.Status status) == 0)
            {
                return new FileStatus(
                    KindOf(status.Mode & KindBits),
                    $"{status.DeviceMajor}:{status.DeviceMinor}:{status.Inode}",
                    status.Owner,
                    status.Group,
                    (UnixFileMode)(status.Mode & ~KindBits));
            }

            error = Marshal.GetLastPInvokeError();
        }
        catch (EntryPointNotFoundException)
        {
            // A C library from before 2018.
        }

        return null;
    }

    private static FileStatus? WithoutSystemCall(string path)
    {
        string full = Path.GetFullPath(path);
        FileKind? kind = System.IO.Directory.Exists(full) ? FileKind.Directory
            : !File.Exists(full) ? null
            : full.StartsWith("/dev/", StringComparison.Ordinal) ? FileKind.Device
            : FileKind.Regular;
        bool ignoresCase = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();
        string resolved = LinkedPath.Resolve(full) ?? full;
        UnixFileMode mode = kind is null || OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(full);
        return kind is { } known ? new FileStatus(known, ignoresCase ? resolved.ToUpperInvariant() : resolved, 0, 0, mode) : null;
    }

    private static FileKind KindOf(int bits) => bits switch
    {
        Pipe => FileKind.Pipe,
        CharacterDevice or BlockDevice => FileKind.Device,
        Directory => FileKind.Directory,
        Socket => FileKind.Socket,
        _ => FileKind.Regular,
    };
}
