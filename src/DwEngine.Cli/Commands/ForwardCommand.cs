using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DwEngine.Cli.Input;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary><c>dw forward</c>: tensors in, tensors out.</summary>
internal sealed class ForwardCommand() : CliCommand(
    "forward",
    "Run a network on tensors: NumPy files, or nothing but little-endian elements (float32 NCHW for an image).",
    "dw forward model.safetensors --input image.bin --output logits.bin --shape 1,3,224,224")
{
    private readonly ModelOptions _model = new();
    private readonly ExecutionOptions _execution = ExecutionOptions.ForOneRun();

    private readonly Option<string[]> _inputs = new("--input")
    {
        Description = "File to read, .npy or raw; NAME=FILE for each input of a network with several.",
        HelpName = "file",
        Required = true,
    };

    private readonly Option<string> _output = new("--output")
    {
        Description = "File to write, .npy or raw. Several outputs become OUT.0.bin, OUT.1.bin and so on, in the network's order.",
        HelpName = "file",
        Required = true,
    };

    private readonly ShapeOption _shapes = new("that of a .npy file, else one image of the network's own size");

    protected override void Define(Command command)
    {
        _model.AddArgumentTo(command);
        command.Add(_inputs);
        command.Add(_output);
        _shapes.AddTo(command);
        _execution.AddTo(command);
        _model.AddWeightsTo(command);
        _model.AddOptionsTo(command);
    }

    protected override IReport Execute(Invocation invocation)
    {
        ParseResult parse = invocation.Parse;
        string[] inputs = parse.GetRequiredValue(_inputs);
        string output = parse.GetRequiredValue(_output);
        // What can be found out without the network comes first: reading it may take long.
        OutputFiles.Require(
            invocation.Context,
            [.. _model.Files(parse), .. inputs.Select(input => (_inputs.Name, (string?)FileOf(input)))],
            (_output.Name, output));
        (Network network, InputDescription description) = _model.LoadUnsized(parse);
        ImmutableArray<GraphInput> declared = network.Graph.Inputs;
        Dictionary<string, string> files = Assign(inputs, declared);
        string[] outputs = OutputNames(output, network.Graph.Outputs.Length);
        if (outputs.Length > 1)
        {
            OutputFiles.Require(
                invocation.Context,
                [.. _model.Files(parse), .. files.Values.Select(file => (_inputs.Name, (string?)file))],
                [.. outputs.Select((file, i) => ($"output {i}", (string?)file))]);
        }

        Dictionary<string, Shape> shapes = Shapes(_shapes.Read(parse, declared), files, declared);
        using var model = _model.Prepare(parse, network);
        invocation.Cancellation.ThrowIfCancellationRequested();
        using Session session = model.CreateSession(_execution.ForSession(parse, null) with { InputShapes = shapes });
        foreach (SessionValue input in session.Inputs)
        {
            TensorFile.Read(files[input.Name], input, session.InputBytes(input.Name));
        }

        session.Run();
        foreach (SessionValue value in session.Outputs)
        {
            TensorFile.RequireFinite(_model.Path(parse), value, session.OutputBytes(value.Name));
        }

        invocation.Cancellation.ThrowIfCancellationRequested();
        var results = new SessionValue[outputs.Length];
        for (int i = 0; i < outputs.Length; i++)
        {
            SessionValue value = session.Outputs[i];
            ReadOnlySpan<byte> bytes = session.OutputBytes(value.Name);
            // Rows that only fill the room for the most that there can be are no part of the result.
            results[i] = value with { Shape = value.ShapeOf(bytes) };
            TensorFile.Write(outputs[i], results[i], bytes[..(int)results[i].ByteLength].ToArray());
        }

        return new Report(outputs, description.OfTensors(session.Inputs), session.Inputs, [.. results], session.Isa, session.Threads);
    }

    // A name before the file's is told by the network; until it is read, a file that is there is taken at its word.
    private static string FileOf(string input) => File.Exists(input) ? input : input[(input.IndexOf('=', StringComparison.Ordinal) + 1)..];

    // Which file each input is read from.
    private static Dictionary<string, string> Assign(string[] given, ImmutableArray<GraphInput> inputs)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string text in given)
        {
            GraphInput? named = inputs.FirstOrDefault(input => text.StartsWith($"{input.Name}=", StringComparison.Ordinal));
            int end = text.IndexOf('=', StringComparison.Ordinal);
            if (named is null && end > 0 && !File.Exists(text))
            {
                string names = string.Join(", ", inputs.Select(input => $"'{input.Name}'"));
                throw new CommandException($"--input {text}: the network has no input '{text[..end]}'; it has {names}.");
            }

            if (named is null && inputs.Length > 1)
            {
                throw new CommandException(
                    $"--input {text}: expected NAME=FILE, with one of the inputs {string.Join(", ", inputs.Select(input => input.Name))}.");
            }

            string name = named?.Name ?? inputs[0].Name, file = named is null ? text : text[(name.Length + 1)..];
            if (!files.TryAdd(name, file))
            {
                throw new CommandException($"--input {text}: the input '{name}' is read from {files[name]} already.");
            }
        }

        return inputs.FirstOrDefault(input => !files.ContainsKey(input.Name)) is { } missing
            ? throw new CommandException($"--input: expected a file for the input '{missing.Name}' ({missing.Name}=FILE).")
            : files;
    }

    private static Dictionary<string, Shape> Shapes(
        Dictionary<string, Shape> shapes, Dictionary<string, string> files, ImmutableArray<GraphInput> inputs)
    {
        foreach ((string name, string file) in files)
        {
            if (!shapes.ContainsKey(name) && TensorFile.ShapeOf(file) is { } shape)
            {
                shapes.Add(name, shape);
            }
        }

        OpenSizes.Require(inputs, shapes.Keys, "--shape names");
        return shapes;
    }

    private static string[] OutputNames(string output, int count)
    {
        string extension = Path.GetExtension(output), stem = output[..^extension.Length];
        return count == 1
            ? [output]
            : [.. Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{stem}.{i}{extension}"))];
    }

    private sealed record Report(
        string[] Files, InputDescription Input, ImmutableArray<SessionValue> Inputs, ImmutableArray<SessionValue> Outputs, Isa Isa,
        int Threads)
        : IReport
    {
        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteString("output", Files[0]);
            json.WriteShape("input_shape", Inputs[0].Shape);
            json.WriteShape("output_shape", Outputs[0].Shape);
            json.WriteStartArray("outputs");
            for (int i = 0; i < Files.Length; i++)
            {
                json.WriteStartObject();
                json.WriteString("name", Outputs[i].Name);
                json.WriteString("file", Files[i]);
                json.WriteString("type", Outputs[i].Type.ToString().ToLowerInvariant());
                json.WriteShape("shape", Outputs[i].Shape);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("isa", Format.Name(Isa));
            json.WriteNumber("threads", Threads);
        }

        public void WriteText(IAnsiConsole console)
        {
            string threads = Threads == 1 ? "1 thread" : $"{Threads} threads";
            string inputs = string.Join(" and ", Inputs.Select(input => input.Shape));
            for (int i = 0; i < Files.Length; i++)
            {
                console.WriteLine($"{Files[i]}: {Outputs[i].Shape} {Outputs[i].Name} for a {inputs} input ({Format.Name(Isa)}, {threads})");
            }
        }
    }
}
