using System.Collections.Immutable;
using DwEngine.Files;
using DwEngine.Onnx.Schema;

namespace DwEngine.Onnx;

/// <summary>A node of the file that outputs depend on.</summary>
/// <param name="Proto">The node.</param>
/// <param name="Name">Its name, or its first output's if it has none.</param>
/// <param name="Opset">The version of its operator set; 0 if the file imports none of its domain.</param>
internal sealed record OrderedNode(NodeProto Proto, string Name, long Opset)
{
    /// <summary>How errors name it.</summary>
    public string Location => $"node {Quoting.Quoted(Name)} ({Quoting.Plain(Proto.OpType)}, opset {Opset})";
}

/// <summary>The nodes that outputs depend on, each after those whose outputs it reads.</summary>
internal static class NodeOrder
{
    private enum State
    {
        New,
        Open,
        Done,
    }

    /// <summary>Orders the nodes.</summary>
    /// <param name="nodes">All nodes, in the file's order, which is kept as far as it can be.</param>
    /// <param name="opset">The version of a domain's operator set.</param>
    /// <param name="given">Values that no node produces.</param>
    /// <param name="outputs">The graph's outputs.</param>
    /// <param name="error">Makes an error that names the file.</param>
    /// <exception cref="FileFormatException">A value is produced twice or by nobody, or nodes depend on each other in a circle.</exception>
    public static ImmutableArray<OrderedNode> Of(
        IEnumerable<NodeProto> nodes, Func<string, long> opset, IReadOnlySet<string> given, IEnumerable<string> outputs,
        Func<string, string, FileFormatException> error)
    {
        OrderedNode[] all = [.. nodes.Select(node => new OrderedNode(node, NameOf(node), opset(node.Domain)))];
        var producers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < all.Length; i++)
        {
            foreach (string output in all[i].Proto.Output.Where(output => output.Length > 0))
            {
                if (given.Contains(output) || !producers.TryAdd(output, i))
                {
                    string first = given.Contains(output) ? "an input or initialiser" : all[producers[output]].Location;
                    throw error(all[i].Location, $"produces the value {Quoting.Quoted(output)}, as does {first}");
                }
            }
        }

        foreach (string output in outputs)
        {
            if (!given.Contains(output) && !producers.ContainsKey(output))
            {
                throw error($"output {Quoting.Quoted(output)}", "is produced by no node, and is no input or initialiser");
            }
        }

        bool[] needed = Needed(all, producers, given, outputs, error);
        return Sort(all, producers, needed, error);
    }

    private static string NameOf(NodeProto node) =>
        node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault(output => output.Length > 0) ?? node.OpType;

    private static bool[] Needed(
        OrderedNode[] nodes, Dictionary<string, int> producers, IReadOnlySet<string> given, IEnumerable<string> outputs,
        Func<string, string, FileFormatException> error)
    {
        bool[] needed = new bool[nodes.Length];
        var open = new Stack<int>();
        foreach (string output in outputs)
        {
            Need(output);
        }

        while (open.TryPop(out int index))
        {
            foreach (string input in nodes[index].Proto.Input.Where(input => input.Length > 0 && !given.Contains(input)))
            {
                if (!producers.ContainsKey(input))
                {
                    throw error(
                        nodes[index].Location,
                        $"reads the value {Quoting.Quoted(input)}, which no node produces, and which is no input or initialiser");
                }

                Need(input);
            }
        }

        return needed;

        void Need(string value)
        {
            if (producers.TryGetValue(value, out int producer) && !needed[producer])
            {
                needed[producer] = true;
                open.Push(producer);
            }
        }
    }

    // Depth first without recursion: a chain may be as long as the file.
    private static ImmutableArray<OrderedNode> Sort(
        OrderedNode[] nodes, Dictionary<string, int> producers, bool[] needed, Func<string, string, FileFormatException> error)
    {
        var sorted = ImmutableArray.CreateBuilder<OrderedNode>();
        var states = new State[nodes.Length];
        var path = new Stack<(int Index, int Input)>();
        for (int start = 0; start < nodes.Length; start++)
        {
            if (!needed[start] || states[start] != State.New)
            {
                continue;
            }

            states[start] = State.Open;
            path.Push((start, 0));
            while (path.TryPop(out (int Index, int Input) at))
            {
                NodeProto node = nodes[at.Index].Proto;
                if (at.Input == node.Input.Count)
                {
                    states[at.Index] = State.Done;
                    sorted.Add(nodes[at.Index]);
                    continue;
                }

                path.Push((at.Index, at.Input + 1));
                if (!producers.TryGetValue(node.Input[at.Input], out int producer))
                {
                    continue;
                }

                if (states[producer] == State.Open)
                {
                    throw error(nodes[producer].Location, "depends on its own output: the nodes form a cycle");
                }

                if (states[producer] == State.New)
                {
                    states[producer] = State.Open;
                    path.Push((producer, 0));
                }
            }
        }

        return sorted.ToImmutable();
    }
}
