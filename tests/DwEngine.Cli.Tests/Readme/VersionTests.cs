using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DwEngine.Cli.Output;
using DwEngine.Formats;
using DwEngine.Runtime;
using DwEngine.Testing;
using DwEngine.Vision;
using Xunit;

namespace DwEngine.Cli.Tests.Readme;

/// <summary>There is one version, and the changelog tells what is new in it.</summary>
public sealed partial class VersionTests
{
    // The one place that sets it.
    private static readonly string s_version = Assert.Single(
        XDocument.Parse(RepositoryText.Read("Directory.Build.props")).Descendants("Version")).Value;

    [Fact]
    public void The_newest_heading_of_the_changelog_is_the_version()
    {
        string[] releases = [.. Heading().Matches(RepositoryText.Read("changelog.md")).Select(match => match.Groups[1].Value)];

        Assert.Equal(s_version, releases[0]);
        Version[] numbers = [.. releases.Select(Version.Parse)];
        Assert.Equal(numbers.Distinct().OrderDescending(), numbers);
    }

    [Fact]
    public void The_newest_release_of_the_changelog_says_something()
    {
        string[] parts = Heading().Split(RepositoryText.Read("changelog.md"));

        Assert.Matches(@"(?m)^- \w", parts[2]);
    }

    [Theory]
    [InlineData(typeof(Session))]
    [InlineData(typeof(ModelFile))]
    [InlineData(typeof(ImageDecoder))]
    [InlineData(typeof(ExitCode))]
    public void Every_package_has_the_version(Type type) =>
        Assert.Equal(s_version, type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);

    [Fact]
    [Trait("Category", "Native")]
    public async Task The_command_line_tells_the_version()
    {
        (int code, string output, string error) = await Shell.RunAsync(".", "$dw --version");

        Assert.Equal((0, s_version + "\n", ""), (code, output, error));
    }

    [GeneratedRegex(@"^## (.+?)\r?$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
