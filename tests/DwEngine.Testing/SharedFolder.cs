using Xunit;

namespace DwEngine.Testing;

/// <summary>
/// The folder with pretrained models and test data that stands beside the repository, or where <c>DWENGINE_SHARED</c> says.
/// It is not part of the repository: tests that need it are <see cref="SharedFactAttribute"/> or <see cref="SharedTheoryAttribute"/>.
/// </summary>
internal static class SharedFolder
{
    /// <summary>The folder's absolute path, or null when there is none.</summary>
    public static string? Path { get; } = Find();

    /// <summary>The absolute path of a file or folder in it; skips the running test when the folder lacks it.</summary>
    public static string Require(string relative)
    {
        Assert.True(Path is not null, $"Needs {relative} of the shared test data, which {nameof(SharedFactAttribute)} would say.");
        string path = System.IO.Path.Combine(Path!, relative);
        Assert.SkipUnless(System.IO.Path.Exists(path), $"The shared test data in {Path} lack {relative}.");
        return path;
    }

    private static string? Find()
    {
        string? configured = Environment.GetEnvironmentVariable("DWENGINE_SHARED");
        if (!string.IsNullOrEmpty(configured))
        {
            // A configured folder that is absent is a mistake of the caller; skipping everything would hide it.
            return Directory.Exists(configured)
                ? System.IO.Path.GetFullPath(configured)
                : throw new DirectoryNotFoundException($"DWENGINE_SHARED names {configured}, which is not a folder.");
        }

        return Repository.Beside("shared");
    }
}
