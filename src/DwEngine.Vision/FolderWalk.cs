using DwEngine.Files;

namespace DwEngine.Vision;

/// <summary>
/// What lies below a folder. Links are followed, but no folder is entered twice, so that a link that leads back up ends the walk there.
/// Names that begin with a dot are passed over.
/// </summary>
internal sealed class FolderWalk
{
    // Taken for images without a look inside.
    private static readonly string[] s_extensions = [".jpg", ".jpeg", ".png"];

    private readonly HashSet<string> _entered = new(StringComparer.Ordinal);

    /// <summary>Walks a folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="above">Folders that it lies in, which the walk does not enter from below.</param>
    public FolderWalk(string directory, params ReadOnlySpan<string> above)
    {
        foreach (string folder in above)
        {
            _entered.Add(IdentityOf(folder));
        }

        Enter(directory);
        Images.Sort(StringComparer.Ordinal);
    }

    /// <summary>
    /// Files that are images by their extension or, with any other extension or none, by what they begin with; sorted by path (ordinal).
    /// </summary>
    public List<string> Images { get; } = [];

    /// <summary>All other files.</summary>
    public List<string> OtherFiles { get; } = [];

    /// <summary>Links to folders that were entered by another way.</summary>
    public List<string> RepeatedLinks { get; } = [];

    /// <summary>The visible entries of a folder, sorted by name (ordinal).</summary>
    public static IEnumerable<string> Visible(IEnumerable<string> paths) =>
        paths.Where(path => !Path.GetFileName(path.AsSpan()).StartsWith('.')).Order(StringComparer.Ordinal);

    /// <summary>Whether a file is an image; only one whose extension does not tell is opened.</summary>
    public static bool IsImage(string path)
    {
        if (s_extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
        {
            return true;
        }

        // Opening a pipe could wait for ever.
        if (FileStatus.Of(path) is not { Kind: FileKind.Regular })
        {
            return false;
        }

        Span<byte> start = stackalloc byte[ImageDecoder.SignatureLength];
        try
        {
            using FileStream stream = File.OpenRead(path);
            return ImageDecoder.IsImage(start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string IdentityOf(string directory) => FileStatus.Of(directory)?.Identity ?? directory;

    private void Enter(string directory)
    {
        if (!_entered.Add(IdentityOf(directory)))
        {
            RepeatedLinks.Add(directory);
            return;
        }

        foreach (string file in Visible(InputFile.Naming(directory, () => Directory.GetFiles(directory))))
        {
            (IsImage(file) ? Images : OtherFiles).Add(file);
        }

        foreach (string folder in Visible(InputFile.Naming(directory, () => Directory.GetDirectories(directory))))
        {
            Enter(folder);
        }
    }
}
