namespace DwEngine.Testing;

/// <summary>The repository that the tests were built in.</summary>
internal static class Repository
{
    private static readonly string? s_root = Find();

    /// <summary>Its root folder.</summary>
    /// <exception cref="DirectoryNotFoundException">The tests do not run below it.</exception>
    public static string Root =>
        s_root ?? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds DwEngine.sln.");

    /// <summary>A folder that stands beside the repository, or null.</summary>
    public static string? Beside(string name)
    {
        string? folder = s_root is null ? null : Path.GetFullPath(Path.Combine(s_root, "..", name));
        return Directory.Exists(folder) ? folder : null;
    }

    private static string? Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DwEngine.sln")))
            {
                return folder.FullName;
            }
        }

        return null;
    }
}
