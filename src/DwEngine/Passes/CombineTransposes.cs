using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.Passes;

/// <summary>
/// Makes one transposition of two that follow one another. Where elementwise layers or layers of rows, such as a softmax, stand between two
/// that cancel each other, both go. The bits stay.
/// </summary>
public sealed class CombineTransposes : IGraphPass
{
    /// <inheritdoc/>
    public string Name => "combine-transposes";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        var rewriter = new GraphRewriter(graph);
        HashSet<Node> moved = [];
        foreach (Node node in graph.Nodes)
        {
            if (node.Layer is not Transpose second || moved.Contains(node))
            {
                continue;
            }

            if (graph.ProducerOf(node.Inputs[0]) is { Layer: Transpose first } producer)
            {
                if (!moved.Contains(producer))
                {
                    var both = new Transpose([.. second.Permutation.Select(axis => first.Permutation[axis])]);
                    rewriter.Replace(node, new Node(node.Name, both, producer.Inputs, node.Outputs));
                    moved.Add(node);
                }
            }
            else if (ChainTo(graph, node, Inverse(second.Permutation)) is { } chain && !chain.Any(moved.Contains))
            {
                Move(graph, rewriter, chain, node);
                moved.UnionWith([.. chain, node]);
            }
        }

        return RemoveDeadLayers.After(rewriter, graph);
    }

    // The transposition that node takes back, and the layers between, each of which only the next one reads; null if there is none.
    private static List<Node>? ChainTo(Graph graph, Node node, ImmutableArray<int> permutation)
    {
        var chain = new List<Node>();
        for (Node reader = node; ;)
        {
            Value value = reader == node ? node.Inputs[0] : reader.Inputs[Through(graph, reader)];
            if (graph.ProducerOf(value) is not { } producer || !graph.IsReadOnlyBy(value, reader))
            {
                return null;
            }

            chain.Insert(0, producer);
            if (producer.Layer is Transpose transpose)
            {
                return transpose.Permutation.SequenceEqual(permutation) ? chain : null;
            }

            if (!CanMove(graph, producer, permutation.Length))
            {
                return null;
            }

            reader = producer;
        }
    }

    private static bool CanMove(Graph graph, Node node, int rank) => node.Layer switch
    {
        Unary => true,
        RowLayer rows => !rows.Flattens || rows.Axis == -1 || rows.Axis == rank - 1,
        Binary => graph.ConstantOf(node.Inputs[1 - Through(graph, node)]) is { } constant && constant.Shape.Rank <= rank
            && constant.Shape.ElementCount > 0,
        _ => false,
    };

    // The operand of a node that is no constant.
    private static int Through(Graph graph, Node node) => node.Inputs.Length > 1 && graph.ConstantOf(node.Inputs[0]) is not null ? 1 : 0;

    private static void Move(Graph graph, GraphRewriter rewriter, List<Node> chain, Node last)
    {
        ImmutableArray<int> permutation = ((Transpose)chain[0].Layer).Permutation;
        HashSet<string> names = [.. graph.Nodes.Select(node => node.Name), .. graph.Values.Select(value => value.Name)];
        Value value = chain[0].Inputs[0];
        for (int i = 1; i < chain.Count; i++)
        {
            Node node = chain[i];
            Value output = i == chain.Count - 1 ? last.Outputs[0] : new Value(NewName(names, node.Outputs[0].Name));
            ImmutableArray<Value> inputs = node.Inputs.SetItem(Through(graph, node), value);
            Layer layer = node.Layer;
            if (layer is Binary)
            {
                int other = 1 - Through(graph, node);
                Tensor constant = Untranspose(graph.ConstantOf(node.Inputs[other])!, permutation);
                var operand = new Value(NewName(names, node.Inputs[other].Name));
                inputs = inputs.SetItem(other, operand);
                rewriter.Replace(
                    node,
                    new Node(node.Name, layer, inputs, [output]),
                    new Node(NewName(names, node.Name), new Constant(constant), [], [operand]));
            }
            else
            {
                layer = layer is RowLayer rows
                    ? rows.WithAxis(permutation[rows.Axis < 0 ? rows.Axis + permutation.Length : rows.Axis])
                    : layer;
                rewriter.Replace(node, new Node(node.Name, layer, inputs, [output]));
            }

            value = output;
        }

        rewriter.Remove(last);
        rewriter.Remove(chain[0]);
    }

    private static ImmutableArray<int> Inverse(ImmutableArray<int> permutation) =>
        [.. Enumerable.Range(0, permutation.Length).Select(axis => permutation.IndexOf(axis))];

    // What broadcasts with the value before it is transposed as this does afterwards.
    private static Tensor Untranspose(Tensor constant, ImmutableArray<int> permutation)
    {
        int[] dimensions = [.. Enumerable.Repeat(1, permutation.Length - constant.Shape.Rank), .. constant.Shape.Dimensions];
        var whole = Tensor.FromBytes(constant.Type, new Shape(dimensions), constant.Bytes.ToArray());
        return new Transpose(Inverse(permutation)).Reference([whole])[0];
    }

    private static string NewName(HashSet<string> names, string stem)
    {
        string name = stem;
        for (int i = 1; !names.Add(name); i++)
        {
            name = $"{stem}.{i}";
        }

        return name;
    }
}
