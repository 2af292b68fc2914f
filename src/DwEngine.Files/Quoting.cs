namespace DwEngine.Files;

/// <summary>Makes text from a file fit for a message of one line: hostile names may be megabytes long or hold control characters.</summary>
internal static class Quoting
{
    private const int MaxLength = 120;

    /// <summary>The text with control characters replaced, cut to a readable length.</summary>
    public static string Plain(string text) => string.Create(Math.Min(text.Length, MaxLength), text, static (shown, source) =>
    {
        for (int i = 0; i < shown.Length; i++)
        {
            shown[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? '?' : source[i];
        }

        if (source.Length > MaxLength)
        {
            shown[^3..].Fill('.');
        }
    });

    /// <summary>The same in single quotes.</summary>
    public static string Quoted(string text) => $"'{Plain(text)}'";

    /// <summary>A list of any length as a few of its items, and how many more there are.</summary>
    public static string Few<T>(IReadOnlyCollection<T> items, int shown = 8, string separator = ", ")
    {
        string more = items.Count > shown ? $"{separator}and {items.Count - shown} more" : "";
        return string.Join(separator, items.Take(shown)) + more;
    }
}
