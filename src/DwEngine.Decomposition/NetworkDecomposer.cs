using System.Collections.Immutable;
using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Trials;
using DwEngine.Graphs;
using DwEngine.Models;

namespace DwEngine.Decomposition;

/// <summary>Decomposes the regular convolutions of a network (He et al., arXiv 1910.09455).</summary>
public static class NetworkDecomposer
{
    /// <summary>
    /// Decomposes a network of a known architecture layer by layer, from input to output. Layers in whose place a pair has no form in a
    /// weight file are left alone, see <see cref="DecompositionSite.IsWritable"/>.
    /// </summary>
    /// <param name="network">The network as it was loaded, before any pass. It is not changed.</param>
    /// <param name="options">How; null for <see cref="DecompositionOptions.Default"/>.</param>
    /// <param name="progress">Is told of each layer as it is done.</param>
    /// <param name="cancellation">Ends the work between two layers or images.</param>
    /// <inheritdoc cref="Decompose(Graph, DecompositionOptions?, IProgress{LayerReport}?, CancellationToken)" path="/returns"/>
    /// <inheritdoc cref="Decompose(Graph, DecompositionOptions?, IProgress{LayerReport}?, CancellationToken)" path="/exception"/>
    public static NetworkDecomposition Decompose(
        Network network,
        DecompositionOptions? options = null,
        IProgress<LayerReport>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        options ??= DecompositionOptions.Default;
        return Decompose(network.Graph, MethodsFor(options), options, mustBeWritable: true, progress, cancellation);
    }

    /// <summary>Decomposes a graph layer by layer, from input to output, whether or not a weight file has a form for the result.</summary>
    /// <param name="graph">
    /// The network as it was built or loaded, before any pass, so that batch norms and names are as the weight file has them. It is not
    /// changed.
    /// </param>
    /// <param name="options">How; null for <see cref="DecompositionOptions.Default"/>.</param>
    /// <param name="progress">Is told of each layer as it is done.</param>
    /// <param name="cancellation">Ends the work between two layers or images.</param>
    /// <exception cref="DecompositionException">
    /// There is no such method, an option is out of range, or the method needs data that are not at hand.
    /// </exception>
    /// <exception cref="LinearAlgebra.LinearAlgebraException">A weight is NaN or infinite.</exception>
    /// <exception cref="ShapeException">The graph does not fit its default input shape.</exception>
    /// <exception cref="OperationCanceledException">The caller asked for the end.</exception>
    public static NetworkDecomposition Decompose(
        Graph graph,
        DecompositionOptions? options = null,
        IProgress<LayerReport>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= DecompositionOptions.Default;
        return Decompose(graph, MethodsFor(options), options, mustBeWritable: false, progress, cancellation);
    }

    /// <summary>The same by a method of one's own; <see cref="DecompositionOptions.Method"/> does not count.</summary>
    /// <inheritdoc cref="Decompose(Graph, DecompositionOptions?, IProgress{LayerReport}?, CancellationToken)"/>
    public static NetworkDecomposition Decompose(
        Graph graph,
        IDecompositionMethod method,
        DecompositionOptions? options = null,
        IProgress<LayerReport>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(method);
        return Decompose(graph, [method], options ?? DecompositionOptions.Default, mustBeWritable: false, progress, cancellation);
    }

    /// <summary>
    /// Networks between the cheapest and the original, of which none is both cheaper and nearer to the original's answer than another, and
    /// others to compare with. Cost is counted in multiply-adds, so that the same call gives the same networks on any machine, unless
    /// <see cref="FrontierOptions.ByTime"/>.
    /// </summary>
    /// <param name="network">The network as it was loaded, before any pass. It is not changed.</param>
    /// <param name="options">
    /// How; with <see cref="DecompositionOptions.Images"/>. <see cref="DecompositionOptions.LargestRank"/> is that of a layer;
    /// <see cref="DecompositionOptions.Rank"/> and <see cref="DecompositionOptions.Measure"/> do not count.
    /// </param>
    /// <param name="frontier">How many networks, and what cheap means.</param>
    /// <param name="progress">Is told of each layer as it is tried, or done in one of the networks.</param>
    /// <param name="cancellation">Ends the work between two layers or images.</param>
    /// <exception cref="DecompositionException">
    /// There is no such method, an option is out of range or has no meaning here, there are no images, or no network is cheaper.
    /// </exception>
    /// <inheritdoc cref="Decompose(Graph, DecompositionOptions?, IProgress{LayerReport}?, CancellationToken)" path="/exception"/>
    public static NetworkFrontier Frontier(
        Network network, DecompositionOptions options, FrontierOptions? frontier = null, IProgress<string>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        return Frontier(network.Graph, options, frontier ?? new(), mustBeWritable: true, progress, cancellation);
    }

    /// <summary>The same of a graph, whether or not a weight file has a form for the results.</summary>
    /// <param name="graph">The network as it was built or loaded, before any pass. It is not changed.</param>
    /// <param name="options">How; with images.</param>
    /// <param name="frontier">How many networks, and what cheap means.</param>
    /// <param name="progress">Is told of each layer as it is tried, or done in one of the networks.</param>
    /// <param name="cancellation">Ends the work between two layers or images.</param>
    /// <inheritdoc cref="Frontier(Network, DecompositionOptions, FrontierOptions?, IProgress{string}?, CancellationToken)"/>
    public static NetworkFrontier Frontier(
        Graph graph, DecompositionOptions options, FrontierOptions? frontier = null, IProgress<string>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return Frontier(graph, options, frontier ?? new(), mustBeWritable: false, progress, cancellation);
    }

    private static NetworkFrontier Frontier(
        Graph graph, DecompositionOptions options, FrontierOptions frontier, bool mustBeWritable, IProgress<string>? progress,
        CancellationToken cancellation) => FrontierFinder.Find(
            graph, options, frontier, frontier.ByTime ? new LayerTimer().Compare : null, mustBeWritable, progress, cancellation);

    private static NetworkDecomposition Decompose(
        Graph graph,
        ImmutableArray<IDecompositionMethod> methods,
        DecompositionOptions options,
        bool mustBeWritable,
        IProgress<LayerReport>? progress,
        CancellationToken cancellation) =>
        Decompose(graph, methods, options, options.Measure ? new LayerTimer().Compare : null, progress, cancellation, mustBeWritable);

    private static ImmutableArray<IDecompositionMethod> MethodsFor(DecompositionOptions options) =>
        options.GoesByAnswer ? options.CompetingMethods : [options.ChosenMethod];

    /// <summary>
    /// The same, where <paramref name="compare"/> gives the milliseconds of a layer or network before and after, or is null not to measure.
    /// <see cref="DecompositionOptions.Measure"/> does not count.
    /// </summary>
    internal static NetworkDecomposition Decompose(
        Graph graph,
        ImmutableArray<IDecompositionMethod> methods,
        DecompositionOptions options,
        Func<Graph, Graph, (double Before, double After)>? compare,
        IProgress<LayerReport>? progress,
        CancellationToken cancellation,
        bool mustBeWritable = false)
    {
        ArgumentNullException.ThrowIfNull(graph);
        options.Validate();
        GraphFacts facts = graph.Infer();
        ImmutableArray<DecompositionSite> sites = DecompositionSite.Find(graph);
        DecompositionSite[] chosen = [.. sites.Where(site => ReasonToLeave(site, options, mustBeWritable) is null)];
        foreach ((string name, _) in options.Choices?.Where(layer => layer.Value.Rank > 0) ?? [])
        {
            if (!chosen.Any(site => site.Name == name))
            {
                string reason = sites.FirstOrDefault(site => site.Name == name) is { } left
                    ? ReasonToLeave(left, options, mustBeWritable)! : "there is no such regular convolution";
                throw new DecompositionException($"The layer '{name}' has a rank, but cannot be decomposed: {reason}.");
            }
        }

        var planner = new RankPlanner(
            graph, facts, methods, compare, options,
            options.GoesByAnswer ? inOrder => new AnswerErrors(graph, methods, options, inOrder, cancellation) : null);
        Dictionary<string, LayerChoice> choices = options.TargetSpeedup is { } speedup
            ? planner.Plan(chosen, speedup)
            : chosen.ToDictionary(
                site => site.Name,
                site => options.Choices is { } given ? given.GetValueOrDefault(site.Name) : new LayerChoice(options.Rank));
        DecompositionSite[] decomposed = [.. chosen.Where(site => choices[site.Name].Rank > 0)];
        var source = new LayerDataSource(
            graph, [.. decomposed.Select(site => MethodOf(choices[site.Name])).DefaultIfEmpty(methods[0]).Distinct()], options, decomposed);
        DecompositionTrials? trials = options.MaxError is null
            ? options.TrialsFor(graph, decomposed.Select(site => MethodOf(choices[site.Name]))) : null;
        string earlier = "";
        var reports = ImmutableArray.CreateBuilder<LayerReport>(sites.Length);
        Graph result = graph;
        foreach (DecompositionSite site in sites)
        {
            cancellation.ThrowIfCancellationRequested();
            LayerReport report;
            LayerChoice choice = choices.GetValueOrDefault(site.Name);
            IDecompositionMethod method = MethodOf(choice);
            if (choice.Rank == 0)
            {
                string reason = ReasonToLeave(site, options, mustBeWritable)
                    ?? (planner.NotFaster.Contains(site.Name) ? LayerDecomposer.NotFaster
                        : options.Choices is null ? "the target is met without it" : "its rank is 0");
                report = LayerDecomposer.Describe(site, site.Fold(), facts, method, options.Rank) with { Reason = reason };
            }
            else
            {
                choice = new LayerChoice(choice.Rank, method.Name);
                string key = DecompositionTrials.KeyAfter(earlier, site, choice);
                LayerReport blank = LayerDecomposer.Describe(site, site.Fold(), facts, method, choice.Rank);
                if (trials?.Find(key) is { } known && LayerDecomposer.Recall(blank, site, known) is { } recalled)
                {
                    source.Skip();
                    (report, result) = LayerDecomposer.Place(result, site, facts, recalled, known.Pairs, options, compare);
                }
                else
                {
                    ImmutableArray<LayerData> data = source.Next(site, result, cancellation);
                    (report, result) = LayerDecomposer.Decompose(
                        result, site, facts, method, choice.Rank, options, data, compare,
                        (found, pairs) => trials?.Add(key, LayerDecomposer.Remember(found, pairs)));
                }

                earlier += report.Decision == LayerDecision.Decomposed ? DecompositionTrials.Text(site, choice) : "";
            }

            reports.Add(report);
            progress?.Report(report);
        }

        return new NetworkDecomposition(result, reports.MoveToImmutable())
        {
            MultiplyAddsBefore = facts.TotalMultiplyAdds,
            MultiplyAddsAfter = result.Infer().TotalMultiplyAdds,
            ParametersBefore = graph.ParameterCount,
            ParametersAfter = result.ParameterCount,
        };

        IDecompositionMethod MethodOf(LayerChoice choice) => choice.Method is not { } name ? methods[0]
            : methods.FirstOrDefault(method => method.Name == name) ?? DecompositionMethods.Find(name);
    }

    /// <summary>Why a layer may not be decomposed; null if it may.</summary>
    internal static string? ReasonToLeave(DecompositionSite site, DecompositionOptions options, bool mustBeWritable) =>
        options.Layers switch
        {
            _ when mustBeWritable && !site.IsWritable => "no 1x1 follows",
            null when site.ReadsNetworkInput => "reads the network's input",
            { } chosen when !chosen(site.Name) => "not chosen",
            _ => null,
        };
}
