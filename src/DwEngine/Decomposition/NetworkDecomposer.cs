using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Tensors;

namespace DwEngine.Decomposition;

/// <summary>Decomposes the regular convolutions of a network (He et al., arXiv 1910.09455).</summary>
public static class NetworkDecomposer
{
    /// <summary>Decomposes a network layer by layer, from input to output.</summary>
    /// <param name="graph">
    /// The network as it was built or loaded, before any pass, so that batch norms and names are as the weight file has them. It is not changed.
    /// </param>
    /// <param name="options">How; null for <see cref="DecompositionOptions.Default"/>.</param>
    /// <param name="progress">Is told of each layer as it is done.</param>
    /// <param name="cancellation">Ends the work between two layers.</param>
    /// <exception cref="DecompositionException">There is no such method, or the rank is below 1.</exception>
    /// <exception cref="LinearAlgebra.LinearAlgebraException">A weight is NaN or infinite.</exception>
    /// <exception cref="ShapeException">The graph does not fit its default input shape.</exception>
    /// <exception cref="OperationCanceledException">The caller asked for the end.</exception>
    public static NetworkDecomposition Decompose(
        Graph graph,
        DecompositionOptions? options = null,
        IProgress<LayerReport>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(graph);
        options ??= DecompositionOptions.Default;
        IDecompositionMethod method = DecompositionMethods.Find(options.Method);
        if (options.Rank < 1)
        {
            throw new DecompositionException($"Rank {options.Rank}; at least 1 was expected.");
        }

        GraphShapes shapes = graph.InferShapes();
        var rewriter = new GraphRewriter(graph);
        var reports = ImmutableArray.CreateBuilder<LayerReport>();
        foreach (DecompositionSite site in DecompositionSite.Find(graph))
        {
            cancellation.ThrowIfCancellationRequested();
            ImmutableArray<CompositeConvolution> targets = site.Fold();
            LayerReport report = Describe(site, targets, shapes, method, Math.Min(options.Rank, targets[0].FullRank));
            if (ReasonToLeave(site, options) is { } reason)
            {
                report = report with { Reason = reason };
            }
            else
            {
                ImmutableArray<DecompositionResult> results =
                    [.. targets.Select(target => method.Decompose(new DecompositionRequest(target, report.Rank)))];
                ImmutableArray<Node> nodes = site.Replace(rewriter, [.. results.Select(result => result.Pair)]);
                report = Judge(report, targets, results) with
                {
                    Decision = LayerDecision.Decomposed,
                    Reason = site.Pointwise is null ? "stands for the convolution alone" : "takes in the 1x1 convolution that follows",
                    MultiplyAddsAfter = MultiplyAdds(nodes, shapes[site.Input]),
                    ParametersAfter = nodes.Sum(node => node.Layer.ParameterCount),
                };
            }

            reports.Add(report);
            progress?.Report(report);
        }

        Graph result = rewriter.ToGraph();
        return new NetworkDecomposition(result, reports.ToImmutable())
        {
            MultiplyAddsBefore = shapes.TotalMultiplyAdds,
            MultiplyAddsAfter = result.InferShapes().TotalMultiplyAdds,
            ParametersBefore = graph.ParameterCount,
            ParametersAfter = result.ParameterCount,
        };
    }

    private static string? ReasonToLeave(DecompositionSite site, DecompositionOptions options) => options.Layers switch
    {
        null when site.ReadsNetworkInput => "reads the network's input",
        { } chosen when !chosen(site.Name) => "not chosen",
        _ => null,
    };

    private static LayerReport Describe(
        DecompositionSite site, ImmutableArray<CompositeConvolution> targets, GraphShapes shapes, IDecompositionMethod method, int rank)
    {
        CompositeConvolution first = targets[0];
        long multiplyAdds = site.Nodes.Sum(shapes.MultiplyAdds);
        long parameters = site.Nodes.Sum(node => node.Layer.ParameterCount);
        var shape = new Shape(first.Outputs * site.Groups, first.Inputs, first.KernelHeight, first.KernelWidth);
        return new LayerReport(site.Name, shape, site.Groups, method.Name, rank, LayerDecision.LeftAlone, "")
        {
            MultiplyAddsBefore = multiplyAdds,
            MultiplyAddsAfter = multiplyAdds,
            ParametersBefore = parameters,
            ParametersAfter = parameters,
        };
    }

    // The groups' errors and energies are shares of the groups' squared norms; together they are shares of the sum.
    private static LayerReport Judge(
        LayerReport report, ImmutableArray<CompositeConvolution> targets, ImmutableArray<DecompositionResult> results)
    {
        double largest = targets.Max(target => target.Weights.FrobeniusNorm());
        double total = 0, lost = 0, kept = 0;
        for (int i = 0; i < results.Length; i++)
        {
            double norm = largest == 0 ? 0 : targets[i].Weights.FrobeniusNorm() / largest;
            total += norm * norm;
            lost += norm * norm * results[i].RelativeError;
            kept += norm * norm * results[i].RetainedEnergy;
        }

        return total == 0 ? report : report with { RelativeError = lost / total, RetainedEnergy = kept / total };
    }

    private static long MultiplyAdds(ImmutableArray<Node> chain, Shape input)
    {
        long sum = 0;
        foreach (Node node in chain)
        {
            sum += node.Layer.MultiplyAdds([input]);
            input = node.Layer.InferShapes([input])[0];
        }

        return sum;
    }
}
