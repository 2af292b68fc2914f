namespace DwEngine.Cli.Input;

/// <summary>Tells whether two names are those of one file.</summary>
internal static class FileIdentity
{
    // Links that lead to each other have no end; whoever opens the file reports that.
    private const int MaxLinks = 40;

    private static readonly StringComparer s_comparer =
        OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>Requires that files that are read or written for different purposes are different files, whatever links lead to them.</summary>
    /// <param name="files">What each is given as, and its name; null where it is not given.</param>
    /// <exception cref="CommandException">Two are the same.</exception>
    public static void RequireDistinct(params (string Purpose, string? Path)[] files)
    {
        var purposes = new Dictionary<string, string>(s_comparer);
        foreach ((string purpose, string? path) in files)
        {
            if (path is not null && !purposes.TryAdd(Resolve(path, 0), purpose))
            {
                throw new CommandException($"{path}: is given as {purposes[Resolve(path, 0)]} and as {purpose}; different files were expected.");
            }
        }
    }

    // The file need not exist.
    private static string Resolve(string path, int links)
    {
        string full = Path.GetFullPath(path);
        string resolved = Path.GetPathRoot(full)!;
        char[] separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];
        foreach (string part in full[resolved.Length..].Split(separators, StringSplitOptions.RemoveEmptyEntries))
        {
            string next = Path.Combine(resolved, part);
            resolved = links < MaxLinks && new FileInfo(next).LinkTarget is { } target ? Resolve(Path.Combine(resolved, target), links + 1) : next;
        }

        return resolved;
    }
}
