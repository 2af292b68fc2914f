using DwEngine.Cli.Output;
using DwEngine.Files;

namespace DwEngine.Cli.Input;

/// <summary>What must hold of the files that a command is to write, found out before its work, which may take minutes.</summary>
internal static class OutputFiles
{
    private const int StandardOutput = 1, StandardError = 2;

    private static readonly StringComparer s_comparer =
        OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>
    /// Requires that each file can be written and is none of the others, whatever links and spellings lead to them. Where one is the
    /// standard output itself, the report gives way to it.
    /// </summary>
    /// <param name="context">Where the report goes.</param>
    /// <param name="inputs">What each file that is read is given as, and its name; null where it is not given.</param>
    /// <param name="outputs">Those that are written.</param>
    /// <exception cref="CommandException">One cannot be written, or two are the same file.</exception>
    public static void Require(
        CommandContext context, ReadOnlySpan<(string Purpose, string? Path)> inputs,
        params ReadOnlySpan<(string Purpose, string? Path)> outputs)
    {
        var purposes = new Dictionary<string, (string Purpose, string Path)>(s_comparer);
        foreach ((string purpose, string? path) in inputs)
        {
            if (path is not null)
            {
                RequireNew(purposes, purpose, path);
            }
        }

        foreach ((string purpose, string? path) in outputs)
        {
            if (path is null)
            {
                continue;
            }

            RequireWritable(path);
            bool isStandardOutput = LinkedPath.Descriptor(path) == StandardOutput;
            context.ReportsToError |= isStandardOutput;
            RequireNew(purposes, purpose, path);
            // A file that is replaced is no longer the one that the shell opened, and what is written to that would be lost.
            if (LinkedPath.Descriptor(path) is null && IdentityOf(path) is { } identity && StandardStreamOf(identity) is { } stream)
            {
                throw new CommandException($"{path}: is {purpose}, and {stream} goes there, too; different files were expected.");
            }
        }
    }

    /// <summary>Requires that a file that is written is none of many that are read, such as the images of a folder.</summary>
    /// <exception cref="CommandException">It is one of them.</exception>
    public static void RequireNoneOf(IEnumerable<string> inputs, params ReadOnlySpan<(string Purpose, string? Path)> outputs)
    {
        foreach ((string purpose, string? path) in outputs)
        {
            // A file that is still to be made is none that is there.
            if (path is not null && FileStatus.Of(path) is { Kind: FileKind.Regular } status
                && inputs.FirstOrDefault(input => FileStatus.Of(input)?.Identity == status.Identity) is { } input)
            {
                throw new CommandException(
                    $"{path}: is given as {purpose}, and is one of the files that are read ({input}); different files were expected.");
            }
        }
    }

    private static void RequireNew(Dictionary<string, (string Purpose, string Path)> purposes, string purpose, string path)
    {
        if (IdentityOf(path) is { } identity && !purposes.TryAdd(identity, (purpose, path)))
        {
            (string Purpose, string Path) first = purposes[identity];
            string name = first.Path == path ? "" : $" ({first.Path})";
            throw new CommandException($"{path}: is given as {first.Purpose}{name} and as {purpose}; different files were expected.");
        }
    }

    private static void RequireWritable(string path)
    {
        if (path == "-")
        {
            throw new CommandException("-: does not stand for standard output; expected the name of a file, or /dev/stdout.");
        }

        try
        {
            AtomicFile.RequireWritable(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path}: cannot be written: {error.Message}", error);
        }
    }

    // Null for what nothing that is written to it replaces, such as a device.
    private static string? IdentityOf(string path) => FileStatus.Of(path) switch
    {
        { Kind: FileKind.Regular } status => status.Identity,
        null => LinkedPath.Resolve(path),
        _ => null,
    };

    private static string? StandardStreamOf(string identity) =>
        FileStatus.Of(StandardOutput)?.Identity == identity ? "standard output"
        : FileStatus.Of(StandardError)?.Identity == identity ? "standard error"
        : null;
}
