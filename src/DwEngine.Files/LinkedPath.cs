using System.Globalization;

namespace DwEngine.Files;

/// <summary>Where names lead through symbolic links.</summary>
public static class LinkedPath
{
    // Links that lead to each other have no end.
    private const int MaxLinks = 40;

    private static readonly char[] s_separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];

    /// <summary>The full path without links. The file need not exist; its folder's links are followed, too.</summary>
    /// <returns>The path; <c>/proc/PID/fd/N</c> for an open descriptor; null where links lead in a circle.</returns>
    public static string? Resolve(string path)
    {
        int links = 0;
        string full = Path.GetFullPath(path);
        string resolved = Path.GetPathRoot(full)!;
        var parts = new Stack<string>(Split(full[resolved.Length..]).Reverse());
        while (parts.TryPop(out string? part))
        {
            if (part == "..")
            {
                resolved = Path.GetDirectoryName(resolved) ?? resolved;
                continue;
            }

            resolved = Path.Combine(resolved, part);
            // What a descriptor leads to has a name only by chance, and another file may have got it.
            if (IsDescriptor(resolved) || new FileInfo(resolved).LinkTarget is not { } target)
            {
                continue;
            }

            if (++links > MaxLinks)
            {
                return null;
            }

            resolved = Path.IsPathRooted(target) ? Path.GetPathRoot(target)! : Path.GetDirectoryName(resolved)!;
            foreach (string next in Split(target).Where(next => next != ".").Reverse())
            {
                parts.Push(next);
            }
        }

        return resolved;
    }

    /// <summary>
    /// The open descriptor of this process that a name such as <c>/dev/stdout</c> or <c>/dev/fd/1</c> leads to; null if it leads elsewhere.
    /// </summary>
    public static int? Descriptor(string path) =>
        OperatingSystem.IsLinux() && Resolve(path) is { } resolved && IsDescriptor(resolved)
        && resolved.StartsWith(string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/"), StringComparison.Ordinal)
        && int.TryParse(Path.GetFileName(resolved), NumberStyles.None, CultureInfo.InvariantCulture, out int descriptor)
            ? descriptor
            : null;

    private static bool IsDescriptor(string path) =>
        OperatingSystem.IsLinux() && path.StartsWith("/proc/", StringComparison.Ordinal) && path.Split('/') is [_, _, _, .., "fd", _];

    private static string[] Split(string path) => path.Split(s_separators, StringSplitOptions.RemoveEmptyEntries);
}
