using System.CommandLine;
using System.Text.Json;
using DwEngine.Cli.Input;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Formats;
using DwEngine.Models;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary>
/// <c>dw convert</c>: a readable weight file becomes a .safetensors file with metadata. Tensors keep names, types and bits; half precision
/// stays half precision.
/// </summary>
internal sealed class ConvertCommand() : CliCommand(
    "convert",
    "Convert a weight file to .safetensors, tensors bit for bit, with metadata from the options and the input.",
    "dw convert model.pth model.safetensors --stem cifar --mean 0.4914,0.4822,0.4465 --std 0.2470,0.2435,0.2616 --labels labels.txt")
{
    private readonly MetadataOptions _metadata = new();
    private readonly Argument<string> _input = new("IN")
    {
        Description = $"Weight file to read ({string.Join(", ", CheckpointFile.ReadableExtensions)}).",
    };

    private readonly Argument<string> _output = new("OUT")
    {
        Description = $"Weight file to write ({string.Join(", ", CheckpointFile.WritableExtensions)}).",
    };

    protected override void Define(Command command)
    {
        command.Add(_input);
        command.Add(_output);
        _metadata.AddTo(command);
    }

    protected override IReport Execute(Invocation invocation)
    {
        string input = invocation.Parse.GetRequiredValue(_input), output = invocation.Parse.GetRequiredValue(_output);
        OutputFiles.Require(invocation.Context, [(_input.Name, input), _metadata.LabelsFile(invocation.Parse)], (_output.Name, output));
        WeightFile file = _metadata.Open(invocation.Parse, input);
        (Network network, InputDescription description) = _metadata.Load(invocation.Parse, file);
        StateDict tensors = file.TensorsOf(network);
        // Written out in full, so that the file says what this program would otherwise assume.
        ModelMetadata complete = network.Metadata.Or(ModelMetadata.ImageNet);
        invocation.Cancellation.ThrowIfCancellationRequested();
        CheckpointFile.Save(output, new Checkpoint(tensors, complete));
        long bytes = tensors.Sum(tensor => (long)tensor.Value.Bytes.Length);
        return new Report(output, description, tensors.Count, bytes, Types(tensors), complete);
    }

    private static string[] Types(StateDict tensors) =>
        [.. tensors.Select(tensor => tensor.Value.Type).Distinct().Order().Select(type => type.ToString().ToLowerInvariant())];

    private sealed record Report(
        string Output, InputDescription Input, int Tensors, long Bytes, string[] Types, ModelMetadata Metadata) : IReport
    {
        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteString("output", Output);
            json.WriteNumber("tensors", Tensors);
            json.WriteNumber("tensor_bytes", Bytes);
            json.WriteStartArray("types");
            foreach (string type in Types)
            {
                json.WriteStringValue(type);
            }

            json.WriteEndArray();
            MetadataText.WriteJson(json, Metadata);
        }

        public void WriteText(IAnsiConsole console)
        {
            console.WriteLine($"{Output}: {Words.Count(Tensors, "tensor")} ({string.Join(", ", Types)}), {Format.Count(Bytes)} bytes");
            var table = new TextTable("metadata", "value");
            MetadataText.AddRows(table, Metadata);
            table.WriteTo(console);
        }
    }
}
