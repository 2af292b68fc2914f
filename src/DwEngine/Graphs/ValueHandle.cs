using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Graphs;

/// <summary>
/// A value of a graph that is being built; its methods append layers that read it. Each takes an optional name for the node, which also
/// names the node's output.
/// </summary>
public readonly struct ValueHandle
{
    internal ValueHandle(GraphBuilder builder, Value value, Shape shape)
    {
        Builder = builder;
        Value = value;
        Shape = shape;
    }

    /// <summary>The builder to which the value belongs.</summary>
    public GraphBuilder Builder { get; }

    /// <summary>The value in the graph.</summary>
    public Value Value { get; }

    /// <summary>The value's shape, for the inputs' default shapes.</summary>
    public Shape Shape { get; }

    /// <summary>Appends any layer with one input and one output.</summary>
    /// <exception cref="GraphException">The name is taken or the layer has another number of inputs or outputs.</exception>
    /// <exception cref="ShapeException">The layer cannot take this value; the message names the node.</exception>
    public ValueHandle Apply(Layer layer, string? name = null) => Builder.Apply(layer, [this], name) is [var output]
        ? output
        : throw new GraphException($"{layer} has more than one output; use {nameof(GraphBuilder)}.{nameof(GraphBuilder.Apply)}.");

    /// <summary>Appends a <see cref="Layers.Convolution"/>.</summary>
    public ValueHandle Convolution(Tensor weights, Tensor? bias, Window window, int groups = 1, string? name = null) =>
        Apply(new Convolution(weights, bias, window, groups), name);

    /// <summary>Appends a <see cref="Layers.BatchNorm"/>.</summary>
    public ValueHandle BatchNorm(
        Tensor weight, Tensor bias, Tensor mean, Tensor variance, double epsilon = Layers.BatchNorm.DefaultEpsilon, string? name = null) =>
        Apply(new BatchNorm(weight, bias, mean, variance, epsilon), name);

    /// <summary>Appends an <see cref="Activation"/> that is max(x, 0).</summary>
    public ValueHandle Relu(string? name = null) => Apply(new Activation(ActivationFunction.Relu), name);

    /// <summary>Appends an <see cref="Activation"/> that is min(max(x, 0), 6).</summary>
    public ValueHandle Relu6(string? name = null) => Apply(new Activation(ActivationFunction.Relu6), name);

    /// <summary>Appends a <see cref="Layers.MaxPool"/>.</summary>
    public ValueHandle MaxPool(Window window, string? name = null) => Apply(new MaxPool(window), name);

    /// <summary>Appends a <see cref="Layers.AveragePool"/>.</summary>
    public ValueHandle AveragePool(Window window, bool countIncludePad = true, string? name = null) =>
        Apply(new AveragePool(window, countIncludePad), name);

    /// <summary>Appends a <see cref="Layers.GlobalAveragePool"/>.</summary>
    public ValueHandle GlobalAveragePool(string? name = null) => Apply(new GlobalAveragePool(), name);

    /// <summary>Appends a <see cref="Layers.Flatten"/>.</summary>
    public ValueHandle Flatten(string? name = null) => Apply(new Flatten(), name);

    /// <summary>Appends a <see cref="Layers.FullyConnected"/>.</summary>
    public ValueHandle FullyConnected(Tensor weights, Tensor? bias, string? name = null) =>
        Apply(new FullyConnected(weights, bias), name);

    /// <summary>Appends a <see cref="Layers.Softmax"/>.</summary>
    public ValueHandle Softmax(string? name = null) => Apply(new Softmax(), name);

    /// <summary>Appends a <see cref="Layers.ChannelShuffle"/>.</summary>
    public ValueHandle ChannelShuffle(int groups, string? name = null) => Apply(new ChannelShuffle(groups), name);

    /// <summary>Appends an <see cref="Layers.Identity"/>.</summary>
    public ValueHandle Identity(string? name = null) => Apply(new Identity(), name);

    /// <summary>Appends an <see cref="Layers.Add"/> of this value and another.</summary>
    public ValueHandle Add(ValueHandle other, string? name = null) => Builder.Apply(new Add(), [this, other], name)[0];

    /// <summary>Appends a <see cref="Layers.Concat"/> of this value's channels and others'.</summary>
    public ValueHandle Concat(params ReadOnlySpan<ValueHandle> others) => Builder.Concat([this, .. others]);

    /// <summary>Appends a <see cref="Layers.Split"/> in two.</summary>
    public (ValueHandle First, ValueHandle Second) Split(int first, int second, string? name = null)
    {
        ValueHandle[] outputs = Builder.Apply(new Split(first, second), [this], name);
        return (outputs[0], outputs[1]);
    }

    /// <summary>Appends a <see cref="Layers.Split"/> in any number of parts.</summary>
    public ValueHandle[] Split(ReadOnlySpan<int> sizes, string? name = null) => Builder.Apply(new Split([.. sizes]), [this], name);

    /// <inheritdoc/>
    public override string ToString() => $"{Value}: {Shape}";
}
