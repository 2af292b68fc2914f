using DwEngine.Testing;
using Xunit;

namespace DwEngine.Cli.Tests.Architecture;

public class LineLengthTests
{
    private const int LongestLine = 140;

    [Fact]
    public void No_line_is_longer_than_140_columns()
    {
        string[] folders = ["src", "tests", "perf", "docs", ".ci"];
        string[] endings = [".cs", ".md", ".sh", ".props", ".targets", ".csproj", ".proto"];
        string[] files =
        [
            .. folders.SelectMany(
                folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories)),
            .. Directory.EnumerateFiles(Repository.Root),
        ];
        string[] checkedFiles =
            [.. files.Where(file => endings.Contains(Path.GetExtension(file)) && !IsBuilt(Path.GetRelativePath(Repository.Root, file)))];
        Assert.True(checkedFiles.Length > 300, $"{checkedFiles.Length} files were found.");
        Assert.Empty(checkedFiles.SelectMany(LongLines));
    }

    // A row of a Markdown table is one line, whatever it holds.
    private static IEnumerable<string> LongLines(string file) => File.ReadLines(file)
        .Select((line, index) => (line.Length, Number: index + 1, IsRow: file.EndsWith(".md", StringComparison.Ordinal)
            && line.StartsWith('|')))
        .Where(line => line.Length > LongestLine && !line.IsRow)
        .Select(line => $"{Path.GetRelativePath(Repository.Root, file)}:{line.Number}: {line.Length} columns");

    private static bool IsBuilt(string path) => path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj");
}
