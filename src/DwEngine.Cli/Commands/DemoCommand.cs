using System.CommandLine;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Input;
using DwEngine.Cli.Measurement;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Decomposition;
using DwEngine.Decomposition.Calibration;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Vision;

namespace DwEngine.Cli.Commands;

/// <summary>
/// <c>dw demo</c>: decomposes a trained network by several methods and compares what becomes of it, with nothing but what the program
/// brings.
/// </summary>
internal sealed class DemoCommand() : CliCommand(
    "demo",
    "Decompose a small trained network by several methods, calibrated on photographs, and compare the results with the original.",
    "dw demo --save demo")
{
    private const int Patches = 150;
    private const int Runs = 300;

    // What is calibrated on and what is measured on are different parts of the photographs.
    private const double Border = 0.7;

    // Positions for each layer: enough for these small layers, and few enough that the demo stays short.
    private static readonly CalibrationOptions s_calibration = new() { PositionsPerLayer = 1 << 12 };

    // From the weights' own to the best, the baselines among them: decoupling with more filters, channel decomposition at equal cost. The
    // last one's answers are shown.
    private static readonly (string Method, int Rank)[] s_entries =
    [
        ("svd", 1), ("decoupling", 2), ("gsvd", 1), ("inter-channel", 1), ("channel", 1), ("channel-asymmetric", 1), ("multi-layer", 1),
        ("joint", 1),
    ];

    private static readonly TimeSpan s_measuringTime = TimeSpan.FromSeconds(2);

    private readonly Option<string?> _save = new("--save")
    {
        Description = "Also write the networks, original and decomposed, and the photographs to this folder, which need not exist.",
        HelpName = "DIR",
    };

    protected override void Define(Command command) => command.Add(_save);

    protected override IReport Execute(Invocation invocation)
    {
        CancellationToken cancellation = invocation.Cancellation;
        DemoFolder? folder = invocation.Parse.GetValue(_save) is { } save ? DemoFolder.Create(save) : null;
        Network network = ModelFile.LoadNetwork(DemoFiles.Model);
        RgbImage[] photographs = [.. DemoFiles.Photographs.Select(ImageDecoder.Load)];
        var calibration = new PhotographPatches(photographs, 0, Border, Patches, seed: 1, network.Metadata);
        var heldOut = new PhotographPatches(photographs, Border, 1, Patches, seed: 2, network.Metadata);
        NetworkDecomposition[] decompositions = Decompose(invocation, network, calibration);

        var original = new NetworkModel(network.Graph, network.Metadata);
        NetworkModel[] decomposed = [.. decompositions.Select(decomposition => new NetworkModel(decomposition.Graph, network.Metadata))];
        LogitTable expected = LogitTable.Of(original, heldOut, cancellation);
        LogitTable[] found = [.. decomposed.Select(model => LogitTable.Of(model, heldOut, cancellation))];
        Timing[] times = Measure([original, .. decomposed], invocation.Context, cancellation);
        cancellation.ThrowIfCancellationRequested();
        folder?.Save(network, [.. s_entries.Select((entry, i) => (Name(entry), decompositions[i].Graph))]);
        return new DemoReport(
            network.Metadata,
            Patches,
            Answer(original, decomposed[^1], cancellation),
            new DemoCost(decompositions[0].MultiplyAddsBefore, decompositions[0].ParametersBefore, times[0].Median),
            [
                .. s_entries.Select((entry, i) => new DemoResult(
                    Name(entry),
                    found[i].AgreementWith(expected),
                    found[i].ErrorAgainst(expected),
                    new DemoCost(decompositions[i].MultiplyAddsAfter, decompositions[i].ParametersAfter, times[i + 1].Median))),
            ],
            folder);
    }

    private static string Name((string Method, int Rank) entry) => entry.Rank == 1 ? entry.Method : $"{entry.Method}, rank {entry.Rank}";

    private static NetworkDecomposition[] Decompose(Invocation invocation, Network network, PhotographPatches calibration)
    {
        // One more for the statistics, which all methods that look at the original network share.
        int layers = DecompositionSite.Find(network.Graph).Length;
        using var progress = new DelayedProgress(invocation.Context, "decomposing", layers * (s_entries.Length + 1));
        CalibrationStatistics statistics = CalibrationStatistics.Gather(
            network.Graph, calibration, s_calibration, progress: new ProgressCounter<string>(progress),
            cancellation: invocation.Cancellation);
        return
        [
            .. s_entries.Select(entry => NetworkDecomposer.Decompose(
                network,
                new DecompositionOptions { Method = entry.Method, Rank = entry.Rank, Images = calibration, Statistics = statistics,
                    Calibration = s_calibration },
                new ProgressCounter<LayerReport>(progress),
                invocation.Cancellation)),
        ];
    }

    private static List<DemoAnswer> Answer(NetworkModel original, NetworkModel decomposed, CancellationToken cancellation)
    {
        Preprocessing preprocessing = Preprocessing.For(original.Metadata);
        using var first = new ImageRunner(original, SessionOptions.Default, preprocessing);
        using var second = new ImageRunner(decomposed, SessionOptions.Default, preprocessing);
        var answers = new List<DemoAnswer>();
        foreach (string photograph in DemoFiles.Photographs)
        {
            cancellation.ThrowIfCancellationRequested();
            answers.Add(new DemoAnswer(Path.GetFileName(photograph), Best(first), Best(second)));

            Prediction Best(ImageRunner runner) => Ranking.Top(runner.Run(photograph), original.Metadata.Labels, 1)[0];
        }

        return answers;
    }

    private static Timing[] Measure(IReadOnlyList<Model> models, CommandContext context, CancellationToken cancellation)
    {
        Session[] sessions = [.. models.Select(model => model.CreateSession())];
        try
        {
            using var progress = new DelayedProgress(context, "measuring", Runs);
            return InterleavedBenchmark.Measure(
                [.. sessions.Select(session => new SessionBenchmark(session))], Runs, s_measuringTime, progress, cancellation);
        }
        finally
        {
            Array.ForEach(sessions, session => session.Dispose());
        }
    }
}
