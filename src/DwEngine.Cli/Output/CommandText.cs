namespace DwEngine.Cli.Output;

/// <summary>Command lines that can be copied to a shell.</summary>
internal static class CommandText
{
    /// <summary>An argument as a shell reads it.</summary>
    public static string Quoted(string argument) =>
        argument.Length > 0 && argument.All(character => char.IsLetterOrDigit(character) || "-_./,:=+@%".Contains(character))
            ? argument
            : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
