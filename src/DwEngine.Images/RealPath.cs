namespace DwEngine.Images;

/// <summary>Where a path leads when every link in it is followed, so that two names of one folder are seen to be one.</summary>
internal static class RealPath
{
    // Links that lead to each other have no end; what they are taken for then does not matter, for nothing can be read there.
    private const int MaxLinks = 40;

    /// <summary>How real paths are compared.</summary>
    public static StringComparer Comparer { get; } =
        OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>The path without links, as far as it exists.</summary>
    public static string Of(string path) => Of(path, 0);

    private static string Of(string path, int links)
    {
        string full = Path.GetFullPath(path);
        string real = Path.GetPathRoot(full)!;
        char[] separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];
        foreach (string part in full[real.Length..].Split(separators, StringSplitOptions.RemoveEmptyEntries))
        {
            string next = Path.Combine(real, part);
            real = links < MaxLinks && new FileInfo(next).LinkTarget is { } target ? Of(Path.Combine(real, target), links + 1) : next;
        }

        return real;
    }
}
