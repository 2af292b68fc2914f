using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.Graphs;

/// <summary>
/// Builds a graph by hand: <see cref="Input(string, Shape, ElementType)"/> makes a handle, the handle's methods append layers, and
/// <see cref="Build(ReadOnlySpan{ValueHandle})"/> ends it. Shapes are inferred as the layers are appended, so that a mistake is an error at
/// the line that makes it.
/// </summary>
public sealed class GraphBuilder
{
    private readonly List<GraphInput> _inputs = [];
    private readonly List<Node> _nodes = [];
    private readonly HashSet<string> _nodeNames = new(StringComparer.Ordinal);
    private readonly HashSet<string> _valueNames = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _generated = [];

    /// <summary>Declares an input.</summary>
    /// <param name="name">Its name, unique among all values.</param>
    /// <param name="shape">Its default shape, see <see cref="GraphInput.DefaultShape"/>.</param>
    /// <param name="type">The type of its elements.</param>
    /// <exception cref="GraphException">The name is taken.</exception>
    public ValueHandle Input(string name, Shape shape, ElementType type = ElementType.Float32) => Input(name, shape, type, []);

    /// <summary>Declares an input of dimensions that have names.</summary>
    /// <param name="name">Its name, unique among all values.</param>
    /// <param name="shape">Its default shape, see <see cref="GraphInput.DefaultShape"/>.</param>
    /// <param name="type">The type of its elements.</param>
    /// <param name="dimensions">Those of its dimensions that have a name.</param>
    /// <exception cref="GraphException">The name is taken, or a dimension is none of the shape's.</exception>
    public ValueHandle Input(string name, Shape shape, ElementType type, params ImmutableArray<NamedDimension> dimensions)
    {
        if (dimensions.FirstOrDefault(dimension => dimension.Axis < 0 || dimension.Axis >= shape.Rank) is { } misfit)
        {
            throw new GraphException($"The input '{name}' of shape {shape} has no dimension {misfit.Axis} to be called '{misfit.Name}'.");
        }

        var input = new GraphInput(NewValue(name), shape, type) { NamedDimensions = dimensions };
        _valueNames.Add(name);
        _inputs.Add(input);
        return new ValueHandle(this, input.Value, new Fact(type, shape));
    }

    /// <summary>Whether a node or a value has a name.</summary>
    public bool HasName(string name) => _nodeNames.Contains(name) || _valueNames.Contains(name);

    /// <summary>Appends any layer.</summary>
    /// <param name="layer">What is computed.</param>
    /// <param name="inputs">What it reads.</param>
    /// <param name="name">The node's name, which also names its output; generated from the layer's kind if null.</param>
    /// <returns>The layer's outputs.</returns>
    /// <exception cref="GraphException">
    /// The name is taken, an input belongs to another builder, or their number is not the layer's.
    /// </exception>
    /// <exception cref="ShapeException">The layer cannot take these inputs; the message names the node.</exception>
    public ValueHandle[] Apply(Layer layer, ReadOnlySpan<ValueHandle> inputs, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(layer);
        name ??= GenerateName(layer.Kind);
        var values = ImmutableArray.CreateBuilder<Value>(inputs.Length);
        var facts = ImmutableArray.CreateBuilder<Fact>(inputs.Length);
        foreach (ValueHandle input in inputs)
        {
            RequireOwn(input, $"Node '{name}' ({layer})");
            values.Add(input.Value);
            facts.Add(input.Fact);
        }

        if (_nodeNames.Contains(name))
        {
            throw new GraphException($"Two nodes have the name '{name}'.");
        }

        ImmutableArray<Value> outputs = layer.OutputCount == 1
            ? [NewValue(name)]
            : [.. Enumerable.Range(0, layer.OutputCount).Select(i => NewValue($"{name}:{i}"))];
        var node = new Node(name, layer, values.MoveToImmutable(), outputs);
        ImmutableArray<Fact> outputFacts = GraphFacts.Infer(node, facts.MoveToImmutable());
        _nodeNames.Add(name);
        _valueNames.UnionWith(outputs.Select(value => value.Name));
        _nodes.Add(node);
        return [.. outputs.Zip(outputFacts, (value, fact) => new ValueHandle(this, value, fact))];
    }

    /// <summary>Appends a layer that is made here, so that an error in making it names the node, too.</summary>
    /// <param name="kind">The layer's <see cref="Layer.Kind"/>.</param>
    /// <param name="make">Makes the layer.</param>
    /// <param name="inputs">What it reads.</param>
    /// <param name="name">The node's name; generated if null.</param>
    internal ValueHandle[] Apply(string kind, Func<Layer> make, ReadOnlySpan<ValueHandle> inputs, string? name)
    {
        name ??= GenerateName(kind);
        Layer layer;
        try
        {
            layer = make();
        }
        catch (ShapeException problem)
        {
            throw new ShapeException($"Node '{name}' ({kind}): {problem.Message}", problem);
        }
        catch (GraphException problem)
        {
            throw new GraphException($"Node '{name}' ({kind}): {problem.Message}", problem);
        }

        return Apply(layer, inputs, name);
    }

    /// <summary>Appends a <see cref="Layers.Constant"/>.</summary>
    /// <param name="value">The value.</param>
    /// <param name="name">The node's name; generated if null.</param>
    public ValueHandle Constant(Tensor value, string? name = null) => Apply("Constant", () => new Constant(value), [], name)[0];

    /// <summary>Appends a <see cref="Layers.Concat"/>.</summary>
    /// <param name="inputs">What is joined, in order.</param>
    /// <param name="name">The node's name; generated if null.</param>
    /// <param name="axis">The axis along which they are joined.</param>
    public ValueHandle Concat(ReadOnlySpan<ValueHandle> inputs, string? name = null, int axis = 1) =>
        Apply(new Concat(axis), inputs, name)[0];

    /// <summary>Ends the graph with outputs that bear their values' names.</summary>
    /// <exception cref="GraphException">There is no output, one occurs twice, or one belongs to another builder.</exception>
    public Graph Build(params ReadOnlySpan<ValueHandle> outputs)
    {
        var named = new (string, ValueHandle)[outputs.Length];
        for (int i = 0; i < named.Length; i++)
        {
            RequireOwn(outputs[i], $"Output {i}");
            named[i] = (outputs[i].Value.Name, outputs[i]);
        }

        return Build(named);
    }

    /// <summary>Ends the graph with outputs of the given names.</summary>
    /// <exception cref="GraphException">There is no output, a name occurs twice, or an output belongs to another builder.</exception>
    public Graph Build(params ReadOnlySpan<(string Name, ValueHandle Value)> outputs)
    {
        var graphOutputs = ImmutableArray.CreateBuilder<GraphOutput>(outputs.Length);
        foreach ((string name, ValueHandle handle) in outputs)
        {
            RequireOwn(handle, $"Output '{name}'");
            graphOutputs.Add(new GraphOutput(name, handle.Value));
        }

        return new Graph(_nodes, [.. _inputs], graphOutputs.MoveToImmutable());
    }

    private void RequireOwn(ValueHandle handle, string reader)
    {
        if (handle.IsDefault)
        {
            throw new GraphException($"{reader} reads a default {nameof(ValueHandle)}, which stands for no value.");
        }

        if (handle.Builder != this)
        {
            throw new GraphException($"{reader} reads the value '{handle.Value}', which belongs to another builder.");
        }
    }

    private string GenerateName(string kind)
    {
        string stem = kind.ToLowerInvariant();
        string name;
        do
        {
            int count = _generated[stem] = _generated.GetValueOrDefault(stem) + 1;
            name = $"{stem}_{count}";
        }
        while (_nodeNames.Contains(name) || _valueNames.Contains(name));
        return name;
    }

    private Value NewValue(string name) => _valueNames.Contains(name)
        ? throw new GraphException($"Two values have the name '{name}'.")
        : new Value(name);
}
