using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using DwEngine.Cli.Input;
using DwEngine.Cli.Measurement;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Tensors;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary><c>dw bench</c>: how long a run takes.</summary>
internal sealed class BenchCommand() : CliCommand(
    "bench",
    "Measure the time of a run on random input, and with --profile that of each layer.",
    "dw bench model.safetensors --size 224 --threads 2 --profile")
{
    private const int MaxProfiledRuns = 50;

    private readonly ModelOptions _model = new();
    private readonly ExecutionOptions _execution = ExecutionOptions.ForOneRun();

    private readonly Option<int> _batch = new("--batch")
    {
        Description = "Images in one run.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
        CustomParser = OptionParsers.Integer(1, 4096),
    };

    private readonly Option<int> _iterations = new("--iterations")
    {
        Description = "Runs to measure, after a warm-up.",
        HelpName = "N",
        DefaultValueFactory = _ => 200,
        CustomParser = OptionParsers.Integer(1, 1_000_000),
    };

    private readonly ShapeOption _shapes = new("one image of the network's own size");

    private readonly Option<bool> _profile = new("--profile")
    {
        Description = "Add a table of the layers: time, multiply-adds, work on padding, G MAC/s and its share of the cores' peak.",
    };

    protected override void Define(Command command)
    {
        _model.AddArgumentTo(command);
        command.Add(_batch);
        _shapes.AddTo(command);
        command.Add(_iterations);
        command.Add(_profile);
        _execution.AddTo(command);
        _model.AddWeightsTo(command);
        _model.AddOptionsTo(command);
    }

    protected override IReport Execute(Invocation invocation)
    {
        ParseResult parse = invocation.Parse;
        long start = Stopwatch.GetTimestamp();
        (Network network, InputDescription input) = _model.LoadUnsized(parse);
        int? batch = parse.GetResult(_batch) is { Implicit: false } ? parse.GetValue(_batch) : null;
        Dictionary<string, Shape> shapes = _shapes.Read(parse, network.Graph.Inputs);
        OpenSizes.Require(network.Graph.Inputs, shapes.Keys, $"--size or {_shapes.Name} names");
        if (batch is { } images)
        {
            shapes = shapes.Count == 0 ? Batches(network.Graph, images) : throw new CommandException(
                $"{_batch.Name} and {_shapes.Name} both say how many images there are; expected one of them.");
        }

        var model = _model.Prepare(parse, network);
        double load = Stopwatch.GetElapsedTime(start).TotalMilliseconds;

        start = Stopwatch.GetTimestamp();
        using Session session = model.CreateSession(_execution.ForSession(parse, null) with { InputShapes = shapes });
        double plan = Stopwatch.GetElapsedTime(start).TotalMilliseconds;

        var benchmark = new SessionBenchmark(session);
        WarmUp.Run(() => benchmark.RunOnce(invocation.Cancellation), invocation.Cancellation);
        long allocated = benchmark.AllocatedBytesPerRun(invocation.Cancellation);
        int iterations = parse.GetValue(_iterations);
        Timing timing;
        using (var progress = new DelayedProgress(invocation.Context, "measuring", iterations))
        {
            timing = benchmark.Measure(iterations, progress, invocation.Cancellation);
        }

        return new Report
        {
            Model = _model.Path(parse),
            Input = input.OfTensors(session.Inputs),
            Inputs = session.Inputs,
            Conditions = MeasuringConditions.Of(session),
            Iterations = iterations,
            Timing = timing,
            AllocatedBytes = allocated,
            ArenaBytes = session.ArenaBytes,
            PackedWeightBytes = model.PackedWeightBytes,
            LoadMilliseconds = load,
            PlanMilliseconds = plan,
            Profile = parse.GetValue(_profile) ? benchmark.Profile(Math.Min(iterations, MaxProfiledRuns), invocation.Cancellation) : null,
        };
    }

    // A network of several inputs tells by the name of a first dimension that it counts images; of one input, it does.
    private Dictionary<string, Shape> Batches(Graph graph, int images)
    {
        var shapes = new Dictionary<string, Shape>(StringComparer.Ordinal);
        foreach (GraphInput input in graph.Inputs)
        {
            if (input.DefaultShape.Rank > 0 && (graph.Inputs.Length == 1 || input.NamedDimensions.Any(dimension => dimension.Axis == 0)))
            {
                shapes.Add(input.Name, input.DefaultShape.With(0, images));
            }
        }

        return shapes.Count > 0 ? shapes : throw new CommandException(
            $"{_batch.Name} {images}: none of the inputs ({Classifier.InputsText(graph)}) has a first dimension of any length.");
    }

    internal sealed record Report : IReport
    {
        public required string Model { get; init; }
        public required InputDescription Input { get; init; }
        public required ImmutableArray<SessionValue> Inputs { get; init; }
        public required MeasuringConditions Conditions { get; init; }
        public required int Iterations { get; init; }
        public required Timing Timing { get; init; }
        public required long AllocatedBytes { get; init; }
        public required long ArenaBytes { get; init; }
        public required long PackedWeightBytes { get; init; }
        public required double LoadMilliseconds { get; init; }
        public required double PlanMilliseconds { get; init; }
        public required LayerProfile? Profile { get; init; }

        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteString("model", Model);
            if (Inputs is [{ Shape: { Rank: 4 } shape }])
            {
                if (shape[2] == shape[3])
                {
                    json.WriteNumber("size", shape[2]);
                }

                json.WriteNumber("batch", shape[0]);
            }

            json.WriteStartArray("input_shapes");
            foreach (SessionValue input in Inputs)
            {
                json.WriteStringValue(input.Shape.ToString());
            }

            json.WriteEndArray();
            json.WriteString("isa", Format.Name(Conditions.Isa));
            json.WriteNumber("threads", Conditions.Threads);
            json.WriteNumber("iterations", Iterations);
            json.WriteRounded("median_ms", Timing.Median, 6);
            json.WriteRounded("min_ms", Timing.Minimum, 6);
            json.WriteRounded("p99_ms", Timing.Quantile(0.99), 6);
            json.WriteNumber("allocated_bytes_per_run", AllocatedBytes);
            json.WriteNumber("arena_bytes", ArenaBytes);
            json.WriteNumber("packed_weight_bytes", PackedWeightBytes);
            json.WriteRounded("load_ms", LoadMilliseconds, 3);
            json.WriteRounded("plan_ms", PlanMilliseconds, 3);
            Conditions.WriteJson(json);
            Profile?.WriteJson(json);
        }

        public void WriteText(IAnsiConsole console)
        {
            var table = new TextTable("measure", ">value");
            table.AddRow("input", string.Join(", ", Inputs.Select(input => input.Shape)));
            foreach (string[] row in Conditions.Rows())
            {
                table.AddRow(row);
            }

            table.AddRow("runs", Format.Count(Iterations));
            table.AddRow("median", Format.Milliseconds(Timing.Median));
            table.AddRow("minimum", Format.Milliseconds(Timing.Minimum));
            table.AddRow("99th percentile", Format.Milliseconds(Timing.Quantile(0.99)));
            table.AddRow("allocated in each run", Format.Count(AllocatedBytes) + " bytes");
            table.AddRow("arena", Format.Count(ArenaBytes) + " bytes");
            table.AddRow("packed weights", Format.Count(PackedWeightBytes) + " bytes");
            string compiler = RuntimeFeature.IsDynamicCodeCompiled ? ", JIT compiler included" : "";
            table.AddRow("load" + compiler, Format.Milliseconds(LoadMilliseconds));
            table.AddRow("plan" + compiler, Format.Milliseconds(PlanMilliseconds));
            table.WriteTo(console);
            Profile?.WriteText(console);
        }
    }
}
