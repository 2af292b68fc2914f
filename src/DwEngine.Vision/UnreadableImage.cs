using DwEngine.Files;

namespace DwEngine.Vision;

/// <summary>An image file that was passed over because it cannot be read.</summary>
/// <param name="Path">The file.</param>
/// <param name="Problem">Why, with the file's name.</param>
public sealed record UnreadableImage(string Path, string Problem)
{
    /// <summary>
    /// Whether an error says that a file cannot be read, or is no image that can be decoded, and nothing about other files.
    /// </summary>
    public static bool IsCause(Exception error) => error is FileFormatException or IOException or UnauthorizedAccessException;

    /// <summary>Requires that at least half of some images, and one, can be read: the rest is no sample of the folder any more.</summary>
    /// <param name="directory">Where they lie, for the message.</param>
    /// <param name="tried">How many there are.</param>
    /// <param name="unreadable">Those that cannot be read.</param>
    /// <exception cref="FileFormatException">More than half cannot be read; the message names the first.</exception>
    public static void ThrowIfMost(string directory, int tried, IReadOnlyList<UnreadableImage> unreadable)
    {
        ArgumentNullException.ThrowIfNull(unreadable);
        if (2L * unreadable.Count > tried)
        {
            string images = tried == 1 ? "the only image" : $"{unreadable.Count} of {Words.Count(tried, "image")}";
            throw new FileFormatException(
                directory, "", $"{images} cannot be read; at least half were expected to be fit. The first: {unreadable[0].Problem}");
        }
    }
}
