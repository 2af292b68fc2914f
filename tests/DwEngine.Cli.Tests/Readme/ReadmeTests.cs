using System.CommandLine;
using System.CommandLine.Help;
using System.Text.RegularExpressions;
using DwEngine.Cli.Commands;
using DwEngine.Cli.Output;
using Xunit;

namespace DwEngine.Cli.Tests.Readme;

public partial class ReadmeTests
{
    private static readonly string[] s_pages = ["README.md", "embedding.md", "detection.md"];

    [Fact]
    public void Every_sample_is_compiled()
    {
        string[] compiled = Code(RepositoryText.Read("ReadmeSamples.cs"));
        string[][] samples =
        [
            .. s_pages.SelectMany(page => CSharpBlock().Matches(RepositoryText.Read(page))).Select(match => Code(match.Groups[1].Value)),
        ];

        Assert.Equal(typeof(ReadmeSamples).GetMethods().Count(method => method.DeclaringType == typeof(ReadmeSamples)), samples.Length);
        foreach (string[] sample in samples)
        {
            Assert.All(sample.Where(IsUsing), line => Assert.Contains(line, compiled));
            string[] body = [.. sample.Where(line => !IsUsing(line))];
            Assert.True(
                Enumerable.Range(0, compiled.Length).Any(start => compiled.AsSpan(start).StartsWith(body)),
                $"Is not in ReadmeSamples.cs as it stands in the page:\n{string.Join('\n', body)}");
        }
    }

    [Fact]
    public void The_sample_of_a_network_runs() => Assert.Equal(16, ReadmeSamples.Build().Length);

    [Fact]
    public void The_page_of_the_command_line_names_every_command_and_option()
    {
        string page = RepositoryText.Read("cli.md");
        using var context = new CommandContext(TextWriter.Null, TextWriter.Null);
        foreach (Command command in CommandList.Create().Select(command => command.Build([], context)))
        {
            Assert.Contains($"`dw {command.Name}", page, StringComparison.Ordinal);
            Assert.All(
                command.Options.Where(option => option is not HelpOption),
                option => Assert.Matches($"`[^`]*{Regex.Escape(option.Name)}\\b", page));
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
