using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Cli.Tests;

[Trait("Category", "Native")]
public sealed class ForwardCommandTests : IDisposable
{
    private readonly CliFiles _files = new();

    public static TheoryData<string, string> ModelsAndIsas()
    {
        var data = new TheoryData<string, string>();
        foreach (Isa isa in Isas.Supported)
        {
            foreach (string model in (string[])["x0_5", "x1_0", "x0_5_expanded"])
            {
                data.Add(model, Format.Name(isa));
            }
        }

        return data;
    }

    public void Dispose() => _files.Dispose();

    [SharedTheory]
    [MemberData(nameof(ModelsAndIsas))]
    public async Task Logits_are_torchvisions(string model, string isa)
    {
        string stem = RequireStem($"shufflenet_v2_{model}");

        await RequireReferenceAsync($"{stem}.pth", stem, isa);
    }

    [SharedFact]
    public async Task Logits_of_the_older_file_format_are_torchvisions()
    {
        string stem = RequireStem("shufflenet_v2_x0_5");

        await RequireReferenceAsync($"{stem}.legacy.pth", stem, Format.Name(Isas.Best));
    }

    [SharedFact]
    public async Task Logits_of_half_precision_weights_are_near_torchvisions()
    {
        string stem = RequireStem("shufflenet_v2_x0_5");
        string output = _files["out.bin"];
        CliResult result = await CliRunner.RunAsync("forward", $"{stem}.fp16.wrapped.pth", "--input", $"{stem}.in.bin", "--output", output);

        result.RequireSuccess();
        // The reference was computed with the weights before they were rounded to 11 bits.
        Assert.InRange(LargestDifference(output, $"{stem}.out.bin"), 0, 1e-3);
    }

    [Fact]
    public async Task A_batch_gives_the_bits_of_its_images()
    {
        string batch = _files.WriteInput("batch.bin", batch: 2);
        float[] values = CliFiles.ReadFloats(batch);
        string first = _files.WriteFloats("first.bin", values.AsSpan(0, values.Length / 2));
        JsonElement json = (await CliRunner.RunAsync(
            "forward", CliFiles.Model, "--input", batch, "--output", _files["both.out"], "--shape", "2,3,32,32", "--json")).Json();
        (await CliRunner.RunAsync(
            "forward", CliFiles.Model, "--input", first, "--output", _files["first.out"], "--threads", "3")).RequireSuccess();

        Assert.Equal([2, 10], json.GetProperty("output_shape").EnumerateArray().Select(dimension => dimension.GetInt32()));
        Assert.Equal(CliFiles.ReadFloats(_files["first.out"]), CliFiles.ReadFloats(_files["both.out"])[..10]);
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.NegativeInfinity, "infinite")]
    public async Task An_input_that_is_not_finite_names_the_first_such_element(float value, string kind)
    {
        float[] values = new float[CliFiles.ModelInput.ElementCount];
        values[1234] = values[2000] = value;
        string input = _files.WriteFloats("in.bin", values);

        CliResult result = await CliRunner.RunAsync("forward", CliFiles.Model, "--input", input, "--output", _files["out.bin"]);

        result.RequireError(ExitCode.Failure, input, "element 1234", kind);
        Assert.False(File.Exists(_files["out.bin"]));
    }

    [Theory]
    [InlineData(3071 * 4, "3072 float32 numbers", "1,3,32,32")]
    [InlineData((3072 * 4) + 1, "3072 float32 numbers", "1,3,32,32")]
    [InlineData(0, "3072 float32 numbers", "1,3,32,32")]
    [InlineData(3072 * 4, "needs 150528", "1,3,224,224")]
    [InlineData(3072 * 4, "found", "3,1,32,32")]
    public async Task An_input_that_does_not_fit_its_shape_is_an_error(int bytes, string fragment, string shape)
    {
        File.WriteAllBytes(_files["in.bin"], new byte[bytes]);

        CliResult result = await CliRunner.RunAsync(
            "forward", CliFiles.Model, "--input", _files["in.bin"], "--output", _files["out.bin"], "--shape", shape);

        result.RequireError(ExitCode.Failure, fragment);
        Assert.Equal(["in.bin"], _files.Names);
    }

    [Fact]
    public async Task Overflowing_weights_are_an_error_and_not_an_output()
    {
        string model = _files.WriteModel("huge.safetensors", (name, tensor) => name == "fc.bias" || name == "fc.weight"
            ? Tensor.FromFloats(tensor.Shape, Enumerable.Repeat(3e38f, (int)tensor.Shape.ElementCount).ToArray())
            : tensor);

        CliResult result = await CliRunner.RunAsync(
            "forward", model, "--input", _files.WriteInput("in.bin"), "--output", _files["out.bin"]);

        result.RequireError(ExitCode.Failure, model, "output 0");
        Assert.False(File.Exists(_files["out.bin"]));
    }

    [Fact]
    public async Task An_instruction_set_that_this_cpu_lacks_is_an_error()
    {
        Isa missing = Enum.GetValues<Isa>().First(isa => !Isas.IsSupported(isa));

        CliResult result = await CliRunner.RunAsync(
            "forward", CliFiles.Model, "--input", _files.WriteInput("in.bin"), "--output", _files["out.bin"],
            "--isa", Format.Name(missing));

        result.RequireError(ExitCode.Failure, missing.ToString());
    }

    [Theory]
    [InlineData("foo=in.bin")]
    [InlineData("foo=no.bin")]
    public async Task An_input_that_the_network_lacks_is_named_beside_those_that_it_has(string input)
    {
        string[] parts = input.Split('=');
        _files.WriteInput("in.bin");

        CliResult result = await CliRunner.RunAsync(
            "forward", CliFiles.Model, "--input", $"{parts[0]}={_files[parts[1]]}", "--output", _files["out.bin"]);

        result.RequireError(ExitCode.Failure, "no input 'foo'", "it has 'input'");
    }

    [Fact]
    public async Task An_output_that_cannot_be_written_is_an_error()
    {
        CliResult result = await CliRunner.RunAsync(
            "forward", CliFiles.Model, "--input", _files.WriteInput("in.bin"), "--output", Path.Combine(_files["nowhere"], "out.bin"));

        result.RequireError(ExitCode.Failure, "nowhere");
    }

    private static string RequireStem(string name) => SharedFolder.Require(Path.Combine("models", $"{name}.pth"))[..^".pth".Length];

    private async Task RequireReferenceAsync(string model, string stem, string isa)
    {
        string output = _files["out.bin"];
        JsonElement json = (await CliRunner.RunAsync(
            "forward", model, "--input", $"{stem}.in.bin", "--output", output, "--isa", isa, "--json")).Json();

        Assert.Equal(isa, json.GetProperty("isa").GetString());
        Assert.InRange(LargestDifference(output, $"{stem}.out.bin"), 0, 1e-5);
    }

    private static double LargestDifference(string actual, string expected)
    {
        float[] left = CliFiles.ReadFloats(actual), right = CliFiles.ReadFloats(expected);
        Assert.Equal(right.Length, left.Length);
        return left.Zip(right, (a, b) => Math.Abs((double)a - b)).Max();
    }
}
