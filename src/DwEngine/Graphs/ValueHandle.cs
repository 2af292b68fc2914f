using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Kernels.Elementwise.Operators;
using DwEngine.Tensors;

namespace DwEngine.Graphs;

/// <summary>
/// A value of a graph that is being built; its methods append layers that read it. Each takes an optional name for the node, which also
/// names the node's output. Each throws a <see cref="GraphException"/> or <see cref="ShapeException"/> that names the node if the layer's
/// attributes contradict each other or do not fit the value.
/// </summary>
public readonly struct ValueHandle
{
    private readonly GraphBuilder? _builder;
    private readonly Value? _value;
    private readonly Fact _fact;

    internal ValueHandle(GraphBuilder builder, Value value, Fact fact)
    {
        _builder = builder;
        _value = value;
        _fact = fact;
    }

    /// <summary>The builder to which the value belongs.</summary>
    /// <exception cref="GraphException">The handle is <c>default</c>; all members but <see cref="ToString"/> throw then.</exception>
    public GraphBuilder Builder => _builder ?? throw OfNothing();

    /// <summary>The value in the graph.</summary>
    public Value Value => _value ?? throw OfNothing();

    /// <summary>What is known of the value, for the inputs' default shapes.</summary>
    public Fact Fact => _value is null ? throw OfNothing() : _fact;

    /// <summary>The value's shape, for the inputs' default shapes.</summary>
    public Shape Shape => Fact.Shape;

    internal bool IsDefault => _value is null;

    /// <summary>Appends any layer with one input and one output.</summary>
    /// <exception cref="GraphException">The name is taken or the layer has another number of inputs or outputs.</exception>
    /// <exception cref="ShapeException">The layer cannot take this value; the message names the node.</exception>
    public ValueHandle Apply(Layer layer, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.OutputCount == 1
            ? Builder.Apply(layer, [this], name)[0]
            : throw new GraphException(
                $"Node '{name ?? layer.Kind}': {layer} has {Words.Count(layer.OutputCount, "output")}; "
                + $"{nameof(GraphBuilder)}.{nameof(GraphBuilder.Apply)} appends it.");
    }

    /// <summary>Appends a <see cref="Layers.Convolution"/>.</summary>
    public ValueHandle Convolution(Tensor weights, Tensor? bias, Window window, int groups = 1, string? name = null) =>
        Apply("Convolution", () => new Convolution(weights, bias, window, groups), name);

    /// <summary>Appends a <see cref="Layers.BatchNorm"/>.</summary>
    public ValueHandle BatchNorm(
        Tensor weight, Tensor bias, Tensor mean, Tensor variance, double epsilon = Layers.BatchNorm.DefaultEpsilon, string? name = null) =>
        Apply("BatchNorm", () => new BatchNorm(weight, bias, mean, variance, epsilon), name);

    /// <summary>Appends a <see cref="Unary"/> that is max(x, 0).</summary>
    public ValueHandle Relu(string? name = null) => Apply(Unary.Of<Relu>(), name);

    /// <summary>Appends a <see cref="Unary"/> that is min(max(x, 0), 6).</summary>
    public ValueHandle Relu6(string? name = null) => Apply(Unary.Of<Relu6>(), name);

    /// <summary>Appends a <see cref="Layers.MaxPool"/>.</summary>
    public ValueHandle MaxPool(Window window, string? name = null) => Apply("MaxPool", () => new MaxPool(window), name);

    /// <summary>Appends a <see cref="Layers.AveragePool"/>.</summary>
    public ValueHandle AveragePool(Window window, bool countIncludePad = true, string? name = null) =>
        Apply("AveragePool", () => new AveragePool(window, countIncludePad), name);

    /// <summary>Appends a <see cref="Layers.GlobalAveragePool"/>.</summary>
    public ValueHandle GlobalAveragePool(string? name = null) => Apply(new GlobalAveragePool(), name);

    /// <summary>Appends a <see cref="Layers.Flatten"/>.</summary>
    public ValueHandle Flatten(string? name = null) => Apply(new Flatten(), name);

    /// <summary>Appends a <see cref="Layers.FullyConnected"/>.</summary>
    public ValueHandle FullyConnected(Tensor weights, Tensor? bias, string? name = null) =>
        Apply("FullyConnected", () => new FullyConnected(weights, bias), name);

    /// <summary>Appends a <see cref="Layers.Softmax"/> along the last axis.</summary>
    public ValueHandle Softmax(string? name = null) => Apply(new Softmax(), name);

    /// <summary>Appends a <see cref="Layers.Softmax"/>.</summary>
    public ValueHandle Softmax(int axis, string? name = null) => Apply(new Softmax(axis), name);

    /// <summary>Appends a <see cref="Layers.ChannelShuffle"/>.</summary>
    public ValueHandle ChannelShuffle(int groups, string? name = null) => Apply("ChannelShuffle", () => new ChannelShuffle(groups), name);

    /// <summary>Appends a <see cref="Layers.Reduce"/> over certain axes, or over all.</summary>
    public ValueHandle Reduce(string operation, ImmutableArray<int> axes = default, bool keepsAxes = true, string? name = null) =>
        Apply($"Reduce{operation}", () => new Reduce(operation, axes, keepsAxes), name);

    /// <summary>Appends an <see cref="Layers.Identity"/>.</summary>
    public ValueHandle Identity(string? name = null) => Apply(new Identity(), name);

    /// <summary>Appends a <see cref="Binary"/> that adds this value and another; they broadcast as in NumPy.</summary>
    public ValueHandle Add(ValueHandle other, string? name = null) => Builder.Apply(Binary.Of<Add>(), [this, other], name)[0];

    /// <summary>Appends a <see cref="Layers.Concat"/> of this value's channels and others'.</summary>
    public ValueHandle Concat(params ReadOnlySpan<ValueHandle> others) => Builder.Concat([this, .. others]);

    /// <summary>Appends a <see cref="Layers.Reshape"/>.</summary>
    public ValueHandle Reshape(ImmutableArray<int> dimensions, string? name = null) =>
        Apply("Reshape", () => new Reshape(dimensions), name);

    /// <summary>Appends a <see cref="Layers.Transpose"/>.</summary>
    public ValueHandle Transpose(ImmutableArray<int> permutation, string? name = null) =>
        Apply("Transpose", () => new Transpose(permutation), name);

    /// <summary>Appends a <see cref="Layers.Slice"/>.</summary>
    public ValueHandle Slice(
        ImmutableArray<int> starts, ImmutableArray<int> ends, ImmutableArray<int> axes = default, ImmutableArray<int> steps = default,
        string? name = null) =>
        Apply("Slice", () => new Slice(starts, ends, axes, steps), name);

    /// <summary>Appends a <see cref="Layers.Pad"/>.</summary>
    public ValueHandle Pad(
        ImmutableArray<int> before, ImmutableArray<int> after, PadMode mode = PadMode.Constant, double value = 0, string? name = null) =>
        Apply("Pad", () => new Pad(before, after, mode, value), name);

    /// <summary>Appends an <see cref="Layers.Expand"/>.</summary>
    public ValueHandle Expand(ImmutableArray<int> dimensions, string? name = null) => Apply("Expand", () => new Expand(dimensions), name);

    /// <summary>Appends a <see cref="Layers.Gather"/> of certain indices.</summary>
    public ValueHandle Gather(ValueHandle indices, int axis = 0, string? name = null) =>
        Builder.Apply(new Gather(axis), [this, indices], name)[0];

    /// <summary>Appends a <see cref="Layers.GatherElements"/>.</summary>
    public ValueHandle GatherElements(ValueHandle indices, int axis = 0, string? name = null) =>
        Builder.Apply(new GatherElements(axis), [this, indices], name)[0];

    /// <summary>Appends a <see cref="Layers.GatherND"/>.</summary>
    public ValueHandle GatherND(ValueHandle indices, int batchDimensions = 0, string? name = null) =>
        Builder.Apply(new GatherND(batchDimensions), [this, indices], name)[0];

    /// <summary>Appends a <see cref="Layers.ShapeOf"/>.</summary>
    public ValueHandle ShapeOf(string? name = null) => Apply(new ShapeOf(), name);

    /// <summary>Appends a <see cref="Layers.Split"/> in two.</summary>
    public (ValueHandle First, ValueHandle Second) Split(int first, int second, string? name = null)
    {
        ValueHandle[] outputs = Split([first, second], name);
        return (outputs[0], outputs[1]);
    }

    /// <summary>Appends a <see cref="Layers.Split"/> in any number of parts.</summary>
    public ValueHandle[] Split(ReadOnlySpan<int> sizes, string? name = null)
    {
        ImmutableArray<int> copy = [.. sizes];
        return Builder.Apply("Split", () => new Split(copy), [this], name);
    }

    /// <inheritdoc/>
    public override string ToString() => _value is null ? "no value" : $"{_value}: {_fact}";

    private static GraphException OfNothing() =>
        new($"A default {nameof(ValueHandle)} stands for no value; {nameof(GraphBuilder)} and the methods of its handles make handles.");

    internal ValueHandle Apply(string kind, Func<Layer> make, string? name) => Builder.Apply(kind, make, [this], name)[0];
}
