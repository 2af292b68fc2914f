using System.Collections.Immutable;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Input;
using DwEngine.Cli.Measurement;
using DwEngine.Cli.Output;
using DwEngine.Cli.Reports;
using DwEngine.Decomposition;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Runtime;

namespace DwEngine.Cli.Commands;

/// <summary>Makes the networks of a frontier, and measures each beside the original.</summary>
internal static class FrontierStudy
{
    // Of the others, some are mostly among the points already, the cheapest above all.
    private const int OtherNetworks = 5;

    /// <summary>What was measured of the original and of each network.</summary>
    /// <param name="Milliseconds">The original's median time of a run on one thread.</param>
    /// <param name="Top1">The original's, in percent; null if there are no labelled images.</param>
    /// <param name="Sample">The labelled images; null for none.</param>
    /// <param name="Points">The networks to choose from.</param>
    /// <param name="Others">Those to compare with.</param>
    /// <param name="Conditions">How times were measured.</param>
    public sealed record Result(
        double Milliseconds, double? Top1, Sample? Sample, ImmutableArray<FrontierEntry> Points, ImmutableArray<FrontierEntry> Others,
        MeasuringConditions Conditions);

    /// <summary>Makes the networks.</summary>
    /// <param name="network">The original.</param>
    /// <param name="options">How it is decomposed.</param>
    /// <param name="frontier">Which networks.</param>
    /// <param name="mustBeWritable">Whether the networks must have a form in a weight file.</param>
    /// <param name="context">Where progress is shown.</param>
    /// <param name="cancellation">Stops it.</param>
    public static NetworkFrontier Find(
        Network network, DecompositionOptions options, FrontierOptions frontier, bool mustBeWritable, CommandContext context,
        CancellationToken cancellation)
    {
        // Each layer is tried, and then done in each network; how many networks are alike is not known before.
        int layers = DecompositionSite.Find(network.Graph).Length, networks = frontier.Points + OtherNetworks;
        using var progress = new DelayedProgress(context, "making networks", layers * (networks + 1L));
        var counter = new ProgressCounter<string>(progress);
        return mustBeWritable
            ? NetworkDecomposer.Frontier(network, options, frontier, counter, cancellation)
            : NetworkDecomposer.Frontier(network.Graph, options, frontier, counter, cancellation);
    }

    /// <summary>Measures them.</summary>
    /// <param name="original">The original.</param>
    /// <param name="frontier">The networks.</param>
    /// <param name="byTime">Whether the times that are measured here decide which networks none beats.</param>
    /// <param name="images">Labelled images; null for none.</param>
    /// <param name="isStrict">Whether an image that cannot be read is an error; else it is skipped.</param>
    /// <param name="context">Where progress is shown.</param>
    /// <param name="cancellation">Stops it between two images or runs.</param>
    public static Result Measure(
        NetworkModel original, NetworkFrontier frontier, bool byTime, EvaluationImages? images, bool isStrict, CommandContext context,
        CancellationToken cancellation)
    {
        // A network may be there twice, as one to choose from and as one to compare with; it is measured once.
        FrontierPoint[] points = [.. frontier.Points, .. frontier.Others];
        Graph[] graphs = [.. points.Select(point => point.Decomposition.Graph).Distinct()];
        NetworkModel[] models = [original, .. graphs.Select(graph => new NetworkModel(graph, original.Metadata))];
        Accuracy?[] accuracies = new Accuracy?[models.Length];
        if (images is not null)
        {
            using var progress = new DelayedProgress(context, "evaluating", (long)images.Images.Count * models.Length);
            int parallelism = Math.Min(Environment.ProcessorCount, images.Images.Count);
            for (int i = 0; i < models.Length; i++)
            {
                accuracies[i] = Evaluator.Evaluate(
                    models[i], SessionOptions.Default, images, isStrict, parallelism, progress, cancellation);
            }
        }

        (double[] times, MeasuringConditions conditions) = Times(models, context, cancellation);
        FrontierEntry[] entries = [.. points.Select(EntryOf)];
        int chosen = frontier.Points.Length;
        return new Result(
            times[0], accuracies[0]?.Top1, accuracies[0]?.Sample, byTime ? Unbeaten(entries, times[0]) : [.. entries[..chosen]],
            [.. entries[chosen..]], conditions);

        FrontierEntry EntryOf(FrontierPoint point)
        {
            int model = Array.IndexOf(graphs, point.Decomposition.Graph) + 1;
            return new FrontierEntry(point, times[model], accuracies[model]?.Top1);
        }
    }

    // Those to which no faster one comes as near: shorter measurements chose between networks before.
    private static ImmutableArray<FrontierEntry> Unbeaten(IEnumerable<FrontierEntry> entries, double original)
    {
        ImmutableArray<FrontierEntry> unbeaten = NetworkFrontier.Unbeaten(
            entries.Where(entry => entry.Milliseconds < original), entry => entry.Milliseconds, entry => entry.Point.AnswerError);
        return !unbeaten.IsEmpty ? unbeaten
            : throw new CommandException("No network was faster than the original when it was measured once more.");
    }

    // Each in turns with the original alone: more networks would drive each other's weights out of the caches. Ratios hold while the
    // machine's speed changes; the original's time turns them into milliseconds.
    private static (double[] Times, MeasuringConditions Conditions) Times(
        NetworkModel[] models, CommandContext context, CancellationToken cancellation)
    {
        double[] originals = new double[models.Length - 1], ratios = new double[models.Length - 1];
        MeasuringConditions? conditions = null;
        for (int i = 0; i < ratios.Length; i++)
        {
            (originals[i], double time, conditions) = Comparer.Measure(models[0], models[i + 1], context, cancellation);
            ratios[i] = time / originals[i];
        }

        double original = new Timing(originals).Median;
        return ([original, .. ratios.Select(ratio => ratio * original)], conditions!);
    }
}
