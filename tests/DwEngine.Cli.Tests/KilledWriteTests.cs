using DwEngine.Testing;
using Xunit;

namespace DwEngine.Cli.Tests;

public sealed class KilledWriteTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait("Category", "Native")]
    public async Task What_a_kill_leaves_is_removed_by_the_next_write()
    {
        // A limit on files, past which the system kills; without the option the runtime itself would be the first.
        (int code, string output, string error) = await Shell.RunAsync(
            _folder.Path,
            $$"""
            cp {{CliFiles.Model}} model.safetensors; echo before > out.bin; head -c 12288 /dev/zero > in.bin
            export DOTNET_EnableWriteXorExecute=0
            { (ulimit -c 0; ulimit -f 100; exec $dw convert model.safetensors out.safetensors); } 2> /dev/null
            ls -A | grep -c '^[.]dw-.*[.]tmp$'
            $dw forward model.safetensors --input in.bin --output out.bin --json > /dev/null
            ls -A
            """);

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(["1", "in.bin", "model.safetensors", "out.bin"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
