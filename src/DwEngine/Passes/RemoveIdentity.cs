using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Passes;

/// <summary>
/// Removes layers that hand their first input on: identities; joins, splits and shuffles of a single part; casts to the same type;
/// transpositions that keep the order; reshaping, padding, slices, repetitions, pooling and clamps that change nothing; products with 1.
/// Only what holds at every size of the network's inputs counts: a reshape to numbers that happen to be those of its input stays.
/// </summary>
public sealed class RemoveIdentity : IGraphPass
{
    /// <inheritdoc/>
    public string Name => "remove-identity";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        GraphFacts? facts = null;
        var rewriter = new GraphRewriter(graph);
        foreach (Node node in graph.Nodes)
        {
            if (Obvious(node) || (MayBe(node) && IsIdentity(node, facts ??= graph.Infer())))
            {
                rewriter.Rewire(node.Outputs[0], node.Inputs[0]);
                rewriter.Remove(node);
            }
        }

        return rewriter.ToGraph();
    }

    private static bool Obvious(Node node) => node.Layer switch
    {
        Identity => true,
        Concat => node.Inputs.Length == 1,
        Split split => split.Sizes.Length == 1,
        ChannelShuffle shuffle => shuffle.Groups == 1,
        Transpose transpose => transpose.Permutation.SequenceEqual(transpose.Permutation.Order()),
        MaxPool pool => pool.Window.IsPointwise,
        AveragePool pool => pool.Window.IsPointwise,
        Unary function => function.Clamp == Clamp.None,
        _ => false,
    };

    private static bool MayBe(Node node) =>
        node.Layer is Cast or Flatten or Reshape or Squeeze or Unsqueeze or Pad or Slice or Tile or Binary;

    private static bool IsIdentity(Node node, GraphFacts facts)
    {
        Fact input = facts[node.Inputs[0]];
        if (node.Layer is Cast cast)
        {
            return input.Type == cast.Type;
        }

        if (facts.FixedFacts(node) is not { } fixedFacts)
        {
            return false;
        }

        return node.Layer switch
        {
            Flatten flatten => input.Shape.Rank == 2 && flatten.Axis is 1 or -1,
            Reshape reshape => KeepsShape(reshape.DimensionsOf(fixedFacts), input.Shape.Rank),
            // They change the number of axes or nothing.
            Squeeze or Unsqueeze => node.Inputs.Length + node.Layer.Attributes.Length > 1
                && facts[node.Outputs[0]].Shape.Rank == input.Shape.Rank,
            Pad pad => pad.AmountsOf(fixedFacts) is var (before, after) && !before.Concat(after).Any(amount => amount != 0),
            Slice slice => slice.TakesAll(fixedFacts),
            Tile => LayerChecks.RequireIntegers(fixedFacts[1], "the repeats").All(count => count == 1),
            Binary { Epilogue: var epilogue } binary => epilogue == Activation.None && IsNeutral(binary.Kind, fixedFacts),
            _ => false,
        };
    }

    // All dimensions are those of the input, but for one at most, which then is too.
    private static bool KeepsShape(ReadOnlySpan<int> dimensions, int rank)
    {
        int open = 0;
        foreach (int dimension in dimensions)
        {
            open += dimension == 0 ? 0 : dimension == -1 ? 1 : 2;
        }

        return dimensions.Length == rank && open <= 1;
    }

    // Adding 0 is none: it makes +0 of -0.
    private static bool IsNeutral(string operation, Fact[] operands) =>
        operands[1] is { Type: ElementType.Float32, Shape.ElementCount: 1, Constant: { } constant } operand
        && operand.Shape.Rank <= operands[0].Shape.Rank
        && operation switch
        {
            "Mul" or "Div" => constant.Floats[0] == 1,
            "Sub" => BitConverter.SingleToInt32Bits(constant.Floats[0]) == 0,
            _ => false,
        };
}
