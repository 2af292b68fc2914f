using System.CommandLine;
using System.Text.Json;
using DwEngine.Cli.Input;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary><c>dw forward</c>: raw tensor in, raw logits out.</summary>
internal sealed class ForwardCommand() : CliCommand(
    "forward",
    "Run a network on a raw tensor: little-endian float32 NCHW in, logits out.",
    "dw forward model.safetensors --input image.bin --output logits.bin --shape 1,3,224,224")
{
    private readonly ModelOptions _model = new();
    private readonly ExecutionOptions _execution = ExecutionOptions.ForOneRun();
    private readonly Option<string> _input = new("--input") { Description = "File to read.", HelpName = "file", Required = true };
    private readonly Option<string> _output = new("--output") { Description = "File to write.", HelpName = "file", Required = true };

    private readonly Option<Shape?> _shape = new("--shape")
    {
        Description = "Shape of the input. Default: one image of the network's own size.",
        HelpName = "N,C,H,W",
        CustomParser = OptionParsers.ImageShape,
    };

    protected override void Define(Command command)
    {
        _model.AddArgumentTo(command);
        command.Add(_input);
        command.Add(_output);
        command.Add(_shape);
        _execution.AddTo(command);
        _model.AddOptionsTo(command);
    }

    protected override IReport Execute(Invocation invocation)
    {
        ParseResult parse = invocation.Parse;
        string input = parse.GetRequiredValue(_input), output = parse.GetRequiredValue(_output);
        OutputFiles.Require(invocation.Context, [.. _model.Files(parse), (_input.Name, input)], (_output.Name, output));
        (NetworkModel model, InputDescription description) = _model.Load(parse);
        Shape shape = parse.GetValue(_shape) ?? model.DefaultInputShape;
        float[] values = RawFloats.Read(input, shape);
        invocation.Cancellation.ThrowIfCancellationRequested();
        using Session session = model.CreateSession(_execution.ForSession(parse, shape));
        float[] logits = new float[checked((int)session.OutputShape.ElementCount)];
        session.Run(values, logits);
        RawFloats.RequireFiniteOutput(_model.Path(parse), logits);
        invocation.Cancellation.ThrowIfCancellationRequested();
        RawFloats.Write(output, logits);
        return new Report(output, description, session.InputShape, session.OutputShape, session.Isa, session.Threads);
    }

    private sealed record Report(string Output, InputDescription Input, Shape InputShape, Shape OutputShape, Isa Isa, int Threads) : IReport
    {
        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteString("output", Output);
            json.WriteShape("input_shape", InputShape);
            json.WriteShape("output_shape", OutputShape);
            json.WriteString("isa", Format.Name(Isa));
            json.WriteNumber("threads", Threads);
        }

        public void WriteText(IAnsiConsole console)
        {
            string threads = Threads == 1 ? "1 thread" : $"{Threads} threads";
            console.WriteLine($"{Output}: {OutputShape} logits for a {InputShape} input ({Format.Name(Isa)}, {threads})");
        }
    }
}
