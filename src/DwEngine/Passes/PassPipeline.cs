using System.Collections.Immutable;
using DwEngine.Graphs;

namespace DwEngine.Passes;

/// <summary>
/// Runs passes in order, again and again until none changes the graph. Before the first and after each change the graph is checked: its
/// shapes can be inferred, and its inputs and its outputs' names and shapes are what they were.
/// </summary>
public sealed class PassPipeline(params ImmutableArray<IGraphPass> passes)
{
    // Each round has to leave less than the one before; this ends one that goes round in circles.
    private const int MostRounds = 64;

    /// <summary>
    /// What a graph goes through before it is planned. Dead layers go first, for they count as readers and so prevent fusion. Constants are
    /// folded next, because patterns ask for them. Activations are recognised before their parts are folded into convolutions. Norms and
    /// constants go into what precedes rather than into what follows. Activations are fused before residuals, which take over the epilogue
    /// of an addition.
    /// </summary>
    public static PassPipeline Inference { get; } =
        new(
            new RemoveDeadLayers(),
            new FoldConstants(),
            new RemoveIdentity(),
            new MergeCommonLayers(),
            new CombineTransposes(),
            new RecognizeActivations(),
            new FoldPadding(),
            new UseFullyConnected(),
            new FoldBatchNorm(),
            new FoldAffine(),
            new FoldBatchNormIntoNext(),
            new FuseActivation(),
            new FuseResidual(),
            new FuseMaxPool());

    /// <summary>The passes, in order.</summary>
    public ImmutableArray<IGraphPass> Passes { get; } = passes;

    /// <summary>Runs all passes until none changes anything.</summary>
    /// <exception cref="ShapeException">The graph's shapes cannot be inferred before the first pass.</exception>
    /// <exception cref="GraphException">A pass broke the graph; the message names the pass.</exception>
    public Graph Run(Graph graph)
    {
        ImmutableArray<(string, Fact)> expected = Signature(graph);
        Graph before;
        int rounds = 0;
        do
        {
            before = graph;
            foreach (IGraphPass pass in Passes)
            {
                graph = Run(pass, graph, expected);
            }
        }
        while (graph != before && ++rounds < MostRounds);

        return graph;
    }

    private static Graph Run(IGraphPass pass, Graph graph, ImmutableArray<(string, Fact)> expected)
    {
        Graph next;
        ImmutableArray<(string, Fact)> found;
        try
        {
            next = pass.Run(graph);
            found = next == graph ? expected : Signature(next);
        }
        catch (DwEngineException problem)
        {
            throw new GraphException($"The pass '{pass.Name}' broke the graph: {problem.Message}", problem);
        }

        return found.SequenceEqual(expected)
            ? next
            : throw new GraphException(
                $"The pass '{pass.Name}' changed inputs or outputs: expected {Format(expected)}, found {Format(found)}.");
    }

    private static ImmutableArray<(string Name, Fact Fact)> Signature(Graph graph)
    {
        GraphFacts facts = graph.Infer();
        return
        [
            .. graph.Inputs.Select(input => (input.Name, Known(facts[input.Value]))),
            .. graph.Outputs.Select(output => (output.Name, Known(facts[output.Value]))),
        ];
    }

    // A pass may compute a constant, or hold its values in another tensor.
    private static Fact Known(Fact fact) => fact with { Constant = null };

    private static string Format(ImmutableArray<(string Name, Fact Fact)> signature) =>
        string.Join(", ", signature.Select(value => $"{value.Name} {value.Fact}"));
}
