using System.CommandLine;
using System.Text.Json;
using DwEngine.Cli.Input;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Onnx;
using DwEngine.PyTorch;
using DwEngine.Tensors;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary>
/// <c>dw convert</c>: a readable weight file becomes a .safetensors file with metadata, where tensors keep names, types and bits, and half
/// precision stays half precision; or any network becomes an ONNX file or a PyTorch module, and weights that were trained there come back.
/// </summary>
internal sealed class ConvertCommand() : CliCommand(
    "convert",
    "Convert a weight file to .safetensors, tensors bit for bit, or a network to .onnx or to a PyTorch module (.py, with its "
    + "weights beside it); with metadata from the options and the input.",
    "dw convert model.pth model.safetensors --stem cifar --mean 0.4914,0.4822,0.4465 --std 0.2470,0.2435,0.2616 --labels labels.txt")
{
    private readonly MetadataOptions _metadata = new();
    private readonly Argument<string> _input = new("IN")
    {
        Description = $"Network to read ({string.Join(", ", WeightFile.Extensions)}).",
    };

    private readonly Argument<string?> _output = new("OUT")
    {
        Description = $"File to write ({string.Join(", ", NetworkOutput.Extensions)}).",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _named = new("--output", "-o")
    {
        Description = "The file to write, in the place of OUT.",
        HelpName = "file",
    };

    private readonly Option<string?> _weights = new("--weights")
    {
        Description = "Weights that were trained further, in the place of the input's: the state_dict of the module that was written "
            + $"from it, or of IN itself if that is the module ({string.Join(", ", CheckpointFile.ReadableExtensions)}).",
        HelpName = "file",
    };

    protected override void Define(Command command)
    {
        command.Add(_input);
        command.Add(_output);
        command.Add(_named);
        command.Add(_weights);
        _metadata.AddTo(command);
        command.Validators.Add(result =>
        {
            bool isPlaced = result.GetValue(_output) is not null, isNamed = result.GetValue(_named) is not null;
            if (isPlaced == isNamed)
            {
                result.AddError(isNamed
                    ? $"expected one file to write: {_output.Name} or {_named.Name}."
                    : $"{_output.Name} is required, or {_named.Name} in its place.");
            }
        });
    }

    protected override IReport Execute(Invocation invocation)
    {
        ParseResult parse = invocation.Parse;
        string input = parse.GetRequiredValue(_input), output = parse.GetValue(_output) ?? parse.GetRequiredValue(_named)!;
        string? weights = parse.GetValue(_weights);
        if (!NetworkOutput.Extensions.Contains(Path.GetExtension(output), StringComparer.OrdinalIgnoreCase))
        {
            throw new CommandException(
                $"{output}: expected a file name that ends in {string.Join(", ", NetworkOutput.Extensions)}, which says the format.");
        }

        OutputFiles.Require(
            invocation.Context,
            [
                (_input.Name, input), weights is null ? NetworkOutput.FileBeside(_input.Name, input) : (_weights.Name, weights),
                _metadata.LabelsFile(parse),
            ],
            (_output.Name, output),
            NetworkOutput.FileBeside(_output.Name, output));
        WeightFile file = weights is null ? _metadata.Open(parse, input) : _metadata.OpenWith(parse, input, weights);
        (Network network, InputDescription description) = _metadata.Load(parse, file);
        bool holdsLayers = NetworkOutput.HoldsLayers(output);
        StateDict tensors = holdsLayers ? StateDict.Of(network.Graph) : TensorsOf(file, network, output);
        ModelMetadata complete = NetworkOutput.Complete(network, IsOfPictures(network));
        invocation.Cancellation.ThrowIfCancellationRequested();
        if (holdsLayers)
        {
            NetworkOutput.SaveLayers(output, input, network.Graph, complete);
        }
        else
        {
            CheckpointFile.Save(output, new Checkpoint(tensors, complete));
        }

        long bytes = tensors.Sum(tensor => (long)tensor.Value.Bytes.Length);
        return new Report(output, description, tensors.Count, bytes, Types(tensors), complete)
        {
            Shared = string.Equals(Path.GetExtension(output), PyTorchModule.Extension, StringComparison.OrdinalIgnoreCase)
                ? SharedParameters(network.Graph)
                : 0,
        };
    }

    private static StateDict TensorsOf(WeightFile file, Network network, string output)
    {
        try
        {
            return file.TensorsOf(network);
        }
        catch (WeightMismatchException error)
        {
            throw new CommandException(
                $"{output}: {error.Message} A file with the extension {OnnxFile.Extension} or {PyTorchModule.Extension} holds any network.",
                error);
        }
    }

    // Parameters that several layers have, such as equal ones that an exporter has made one.
    private static int SharedParameters(Graph graph) => graph.Nodes
        .SelectMany(node => node.Layer.Parameters.Select(parameter => (object)parameter.Tensor)
            .Distinct(ReferenceEqualityComparer.Instance))
        .GroupBy(tensor => tensor, ReferenceEqualityComparer.Instance)
        .Count(layers => layers.Count() > 1);

    private static bool IsOfPictures(Network network) =>
        network.Graph.Inputs is [{ Type: ElementType.Float32, DefaultShape: { Rank: 4 } shape }] && shape[1] == 3;

    private static string[] Types(StateDict tensors) =>
        [.. tensors.Select(tensor => tensor.Value.Type).Distinct().Order().Select(type => type.ToString().ToLowerInvariant())];

    private sealed record Report(
        string Output, InputDescription Input, int Tensors, long Bytes, string[] Types, ModelMetadata Metadata) : IReport
    {
        /// <summary>Parameters that several layers of a PyTorch module share; 0 for files of other kinds.</summary>
        public int Shared { get; init; }

        public IEnumerable<string> Notes => Shared == 0 ? []
            : [$"several layers share {Words.Count(Shared, "parameter")}, as in the network that was read; training keeps them alike."];

        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteString("output", Output);
            json.WriteNumber("tensors", Tensors);
            json.WriteNumber("tensor_bytes", Bytes);
            json.WriteNumber("shared_parameters", Shared);
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
