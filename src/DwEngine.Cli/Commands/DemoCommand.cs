using System.CommandLine;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Input;
using DwEngine.Cli.Measurement;
using DwEngine.Cli.Output;
using DwEngine.Decomposition;
using DwEngine.Formats;
using DwEngine.Images;
using DwEngine.Models;
using DwEngine.Runtime;

namespace DwEngine.Cli.Commands;

/// <summary><c>dw demo</c>: decomposes a trained network and runs both on photographs, with nothing but what the program brings.</summary>
internal sealed class DemoCommand() : CliCommand(
    "demo",
    "Decompose a small trained network and compare it with the original: answers on photographs, size and time.",
    "dw demo")
{
    private const string Method = "svd";
    private const int Runs = 300;

    protected override void Define(Command command)
    {
    }

    protected override IReport Execute(Invocation invocation)
    {
        CancellationToken cancellation = invocation.Cancellation;
        Network network = ModelFile.LoadNetwork(DemoFiles.Model);
        NetworkDecomposition decomposition = NetworkDecomposer.Decompose(
            network.Graph, new DecompositionOptions { Method = Method }, cancellation: cancellation);

        var original = new Model(network.Graph, network.Metadata);
        var decomposed = new Model(decomposition.Graph, network.Metadata);
        IReadOnlyList<DemoAnswer> answers = Answer(original, decomposed, cancellation);
        (Timing before, Timing after) = Measure(original, decomposed, invocation.Context, cancellation);
        return new DemoReport(
            Method,
            network.Metadata,
            answers,
            new DemoCost("original", decomposition.MultiplyAddsBefore, decomposition.ParametersBefore, before.Median),
            new DemoCost("decomposed", decomposition.MultiplyAddsAfter, decomposition.ParametersAfter, after.Median));
    }

    private static List<DemoAnswer> Answer(Model original, Model decomposed, CancellationToken cancellation)
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

    private static (Timing Before, Timing After) Measure(
        Model original, Model decomposed, CommandContext context, CancellationToken cancellation)
    {
        using Session first = original.CreateSession(), second = decomposed.CreateSession();
        using var progress = new DelayedProgress(context, "measuring", Runs);
        return InterleavedBenchmark.Measure(new SessionBenchmark(first), new SessionBenchmark(second), Runs, progress, cancellation);
    }
}
