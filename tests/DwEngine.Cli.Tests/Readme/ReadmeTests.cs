using System.Text.RegularExpressions;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Cli.Tests.Readme;

public partial class ReadmeTests
{
    [Fact]
    public void Every_sample_of_the_readme_is_compiled()
    {
        string[] compiled = Code(RepositoryText.Read("ReadmeSamples.cs"));
        string[][] samples = [.. CSharpBlock().Matches(RepositoryText.Read("README.md")).Select(match => Code(match.Groups[1].Value))];

        Assert.Equal(typeof(ReadmeSamples).GetMethods().Count(method => method.DeclaringType == typeof(ReadmeSamples)), samples.Length);
        foreach (string[] sample in samples)
        {
            Assert.All(sample.Where(IsUsing), line => Assert.Contains(line, compiled));
            string[] body = [.. sample.Where(line => !IsUsing(line))];
            Assert.True(
                Enumerable.Range(0, compiled.Length).Any(start => compiled.AsSpan(start).StartsWith(body)),
                $"Is not in ReadmeSamples.cs as it stands in the README:\n{string.Join('\n', body)}");
        }
    }

    // Without indentation and blank lines.
    private static string[] Code(string text) => text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static bool IsUsing(string line) => UsingDirective().IsMatch(line);

    [GeneratedRegex(@"^```csharp\r?\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex(@"^using [\w.]+;$")]
    private static partial Regex UsingDirective();
}
