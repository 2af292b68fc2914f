namespace DwEngine.Cli.Tests.Readme;

/// <summary>Files of the repository that tests are held against, as they were at build time.</summary>
internal static class RepositoryText
{
    /// <summary>A file's text.</summary>
    /// <param name="name">Its name, as the project file embeds it.</param>
    public static string Read(string name)
    {
        using var reader = new StreamReader(typeof(RepositoryText).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
