using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.Passes;

/// <summary>
/// Computes layers that read constants alone, once. What follows from the shapes of the inputs stays: it is another at other sizes, and
/// each plan folds it for its own. Results that are much larger than what they are made of stay, too, as filled tensors.
/// <para>The result is that of the naive reference, which may differ from a kernel's by its rounding.</para>
/// </summary>
public sealed class FoldConstants : IGraphPass
{
    // The naive references take long for more.
    private const long LargestResult = 1 << 22;

    // A result that is no larger than this may be as much larger than its operands as it likes.
    private const long SmallResult = 4096;

    /// <inheritdoc/>
    public string Name => "fold-constants";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        GraphFacts? facts = null;
        var known = new Dictionary<Value, Tensor>();
        var rewriter = new GraphRewriter(graph);
        HashSet<string> names = [.. graph.Nodes.Select(node => node.Name)];
        foreach (Node node in graph.Nodes)
        {
            if (node.Layer is Constant constant)
            {
                known.Add(node.Outputs[0], constant.Value);
                continue;
            }

            if (node.Inputs.IsEmpty || !node.Inputs.All(known.ContainsKey))
            {
                continue;
            }

            ImmutableArray<Fact> outputs = (facts ??= graph.Infer()).OutputsOf(node);
            Tensor[] operands = [.. node.Inputs.Select(value => known[value])];
            long room = Math.Max(SmallResult, 2 * operands.Max(operand => operand.Shape.ElementCount));
            if (outputs.Any(output => output.HasPaddedRows || output.Shape.ElementCount > Math.Min(room, LargestResult)))
            {
                continue;
            }

            ImmutableArray<Tensor> results = outputs.All(output => output.Constant is not null)
                ? [.. outputs.Select(output => output.Constant!)]
                : node.Layer.Reference(operands);
            rewriter.Replace(node, [.. results.Select((result, index) => NodeOf(node, index, result))]);
            for (int i = 0; i < results.Length; i++)
            {
                known.Add(node.Outputs[i], results[i]);
            }
        }

        return rewriter.ToGraph();

        Node NodeOf(Node node, int index, Tensor result)
        {
            string name = node.Name;
            while (index > 0 && !names.Add(name))
            {
                name += $".{index}";
            }

            return new Node(name, new Constant(result), [], [node.Outputs[index]]);
        }
    }
}
