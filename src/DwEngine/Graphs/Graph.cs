using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using DwEngine.Tensors;

namespace DwEngine.Graphs;

/// <summary>A dimension of an input that bears a name, such as the <c>height</c> of an image.</summary>
/// <param name="Axis">Which dimension it is.</param>
/// <param name="Name">The name. Dimensions of one name have one length in a session.</param>
/// <param name="HasDefault">
/// Whether the input's default shape says its length for callers that name none. If not, they must, and the default shape has any length
/// that the layers can take.
/// </param>
public sealed record NamedDimension(int Axis, string Name, bool HasDefault);

/// <summary>What a caller feeds, under its value's name.</summary>
/// <param name="Value">The value that the nodes read.</param>
/// <param name="DefaultShape">
/// The shape to plan for where the caller names none. Only the number of channels is binding; batch, height and width are what the
/// network was made for and may be others, as far as the layers' shape inference accepts them.
/// </param>
/// <param name="Type">The type of the elements.</param>
public sealed record GraphInput(Value Value, Shape DefaultShape, ElementType Type = ElementType.Float32)
{
    /// <summary>Those of its dimensions that have a name, so that the same one elsewhere has the same length.</summary>
    public ImmutableArray<NamedDimension> NamedDimensions { get; init; } = [];

    /// <summary>The value's name.</summary>
    public string Name => Value.Name;
}

/// <summary>What a caller gets. The name belongs to the output, not to the value, so that passes can change what computes it.</summary>
/// <param name="Name">The name, unique among the outputs.</param>
/// <param name="Value">The value that is handed out: a node's output or a graph's input.</param>
public sealed record GraphOutput(string Name, Value Value);

/// <summary>
/// A network: nodes in an order in which every value is produced before it is read. Graphs are immutable, and every graph that exists is
/// well formed: the constructor checks all but the shapes, which <see cref="Infer()"/> does.
/// </summary>
public sealed class Graph
{
    private readonly Dictionary<Value, Node> _producers;
    private readonly ILookup<Value, Node> _consumers;

    /// <summary>Creates a graph.</summary>
    /// <param name="nodes">The nodes in any order; it is kept as far as the flow of values permits.</param>
    /// <param name="inputs">What a caller feeds.</param>
    /// <param name="outputs">What a caller gets; at least one.</param>
    /// <exception cref="GraphException">
    /// A name occurs twice, a value is produced twice or by nobody, the nodes form a cycle, or there is no output.
    /// </exception>
    public Graph(IEnumerable<Node> nodes, ImmutableArray<GraphInput> inputs, ImmutableArray<GraphOutput> outputs)
    {
        ImmutableArray<Node> unordered = [.. nodes];
        GraphStructure.Check(unordered, inputs, outputs);
        Inputs = inputs;
        Outputs = outputs;
        Nodes = GraphStructure.Sort(unordered);
        _producers = Nodes
            .SelectMany(node => node.Outputs, (node, value) => (value, node))
            .ToDictionary(pair => pair.value, pair => pair.node);
        _consumers = Nodes
            .SelectMany(node => node.Inputs.Distinct(), (node, value) => (value, node))
            .ToLookup(pair => pair.value, pair => pair.node);
    }

    /// <summary>The nodes, each after all whose outputs it reads.</summary>
    public ImmutableArray<Node> Nodes { get; }

    /// <summary>What a caller feeds.</summary>
    public ImmutableArray<GraphInput> Inputs { get; }

    /// <summary>What a caller gets.</summary>
    public ImmutableArray<GraphOutput> Outputs { get; }

    /// <summary>All values: the inputs, then every node's outputs in the nodes' order.</summary>
    public IEnumerable<Value> Values => Inputs.Select(input => input.Value).Concat(Nodes.SelectMany(node => node.Outputs));

    /// <summary>The number of trained values. A tensor that several layers share counts once.</summary>
    public long ParameterCount => Nodes
        .SelectMany(node => node.Layer.Parameters)
        .Where(parameter => !parameter.IsStatistic)
        .Select(parameter => parameter.Tensor)
        .Distinct()
        .Sum(tensor => tensor.Shape.ElementCount);

    /// <summary>The node that produces a value, or null if it is an input.</summary>
    public Node? ProducerOf(Value value) => _producers.GetValueOrDefault(value);

    /// <summary>The nodes that read a value, in order.</summary>
    public IEnumerable<Node> ConsumersOf(Value value) => _consumers[value];

    /// <summary>Whether a caller gets the value.</summary>
    public bool IsOutput(Value value) => Outputs.Any(output => output.Value == value);

    /// <summary>Whether nobody but <paramref name="consumer"/> sees the value, so that a pass may do away with it.</summary>
    public bool IsReadOnlyBy(Value value, Node consumer) => !IsOutput(value) && ConsumersOf(value).All(node => node == consumer);

    /// <summary>
    /// The same network with further values handed out, such as features from its middle. Each output bears its value's name.
    /// </summary>
    /// <param name="values">Names of values, as <see cref="Values"/> has them; for most nodes that is the node's name.</param>
    /// <exception cref="GraphException">There is no such value, or an output has its name already.</exception>
    public Graph WithFurtherOutputs(params ReadOnlySpan<string> values)
    {
        ImmutableArray<GraphOutput>.Builder outputs = Outputs.ToBuilder();
        foreach (string name in values)
        {
            Value value = Values.FirstOrDefault(candidate => candidate.Name == name)
                ?? throw Words.UnknownName("value", name, Values.Select(known => known.Name), $"{nameof(Graph)}.{nameof(Values)}");
            outputs.Add(new GraphOutput(name, value));
        }

        return new Graph(Nodes, Inputs, outputs.ToImmutable());
    }

    /// <summary>Finds a node by name.</summary>
    public bool TryGetNode(string name, [NotNullWhen(true)] out Node? node)
    {
        node = Nodes.FirstOrDefault(candidate => candidate.Name == name);
        return node is not null;
    }

    /// <summary>Infers what is known of every value from the inputs' default shapes.</summary>
    /// <exception cref="ShapeException">A layer cannot take what it is fed; the message names its node.</exception>
    public GraphFacts Infer() => Infer([.. Inputs.Select(input => input.DefaultShape)]);

    /// <summary>Infers what is known of every value.</summary>
    /// <param name="inputShapes">One shape for each input, in the inputs' order.</param>
    /// <exception cref="ShapeException">
    /// A layer cannot take what it is fed, or the number of shapes is wrong; the message names the node, what was found and expected.
    /// </exception>
    public GraphFacts Infer(params ReadOnlySpan<Shape> inputShapes) => GraphFacts.Infer(this, inputShapes);
}
