using System.Globalization;
using System.Text.Json;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Cli.Tests;

/// <summary>How <c>dw decompose --target-speedup</c> chooses ranks.</summary>
[Trait("Category", "Native")]
public sealed class DecomposeRanksTests : IDisposable
{
    private readonly CliFiles _files = new();

    public void Dispose() => _files.Dispose();

    // The images that judge are none of those that the ranks were chosen on. The method is a quick one, with errors that leave room.
    [SharedFact]
    public async Task Ranks_by_the_answer_keep_more_of_a_trained_network_than_ranks_by_singular_values()
    {
        const double Speedup = 2.85;
        JsonElement answer = await DecomposeTrained(Speedup, "answer"), weights = await DecomposeTrained(Speedup, "singular-values");

        Assert.All([answer, weights], json =>
            Assert.True(json.GetProperty("macs_after").GetInt64() * Speedup <= json.GetProperty("macs_before").GetInt64()));
        double gain = Figure(answer, "agreement") - Figure(weights, "agreement");
        Assert.True(gain > 10, $"{Figure(answer, "agreement")} and {Figure(weights, "agreement")} % of the original's classes.");
        Assert.True(
            Figure(answer, "top1_b") > Figure(weights, "top1_b"), $"{Figure(answer, "top1_b")} and {Figure(weights, "top1_b")} % right.");

        static double Figure(JsonElement json, string name) => json.GetProperty("comparison").GetProperty(name).GetDouble();
    }

    private async Task<JsonElement> DecomposeTrained(double speedup, string criterion)
    {
        string model = SharedFolder.Require(Path.Combine("models", "cifar10_expanded_x0_5.pth"));
        string data = SharedFolder.Require(Path.Combine("data", "cifar10"));
        return (await CliRunner.RunAsync(
            [
                "decompose", model, "-o", _files[$"{criterion}.onnx"], "--calibration", Path.Combine(data, "train"), "--samples", "100",
                "--target-speedup", speedup.ToString(CultureInfo.InvariantCulture), "--by", "multiply-adds", "--ranks-by", criterion,
                "--method", "gsvd", "--rank", "2", "--compare-data", Path.Combine(data, "test"), "--json", .. CliFiles.CifarOptions,
            ])).Json();
    }
}
