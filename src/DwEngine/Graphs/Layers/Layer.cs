using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// What a node computes: attributes, parameters, shape facts, cost and naive execution together. A layer is immutable and knows
/// nothing of the graph around it, so that one may stand in several graphs.
/// </summary>
public abstract class Layer
{
    /// <summary>The layer's name for people, such as <c>Convolution</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>The fewest inputs that the layer takes.</summary>
    public virtual int MinimumInputs => 1;

    /// <summary>The most inputs that the layer takes.</summary>
    public virtual int MaximumInputs => 1;

    /// <summary>The number of outputs.</summary>
    public virtual int OutputCount => 1;

    /// <summary>
    /// What the layer was made with beside its tensors, by name. Two layers of one kind with equal attributes and tensors compute the same.
    /// </summary>
    public virtual ImmutableArray<LayerAttribute> Attributes => [];

    /// <summary>By what a reader tells two layers of one kind apart, in a few words; empty where there is nothing.</summary>
    public virtual string Details => string.Join(", ", Attributes);

    /// <summary>The layer's tensors, under the names that PyTorch gives them.</summary>
    public virtual ImmutableArray<LayerParameter> Parameters => [];

    /// <summary>The number of trained values; running statistics do not count, as in PyTorch.</summary>
    public long ParameterCount => Parameters
        .Where(parameter => !parameter.IsStatistic)
        .Sum(parameter => parameter.Tensor.Shape.ElementCount);

    /// <summary>What is known of the outputs for inputs of which that is known, whose number is within the layer's limits.</summary>
    /// <exception cref="ShapeException">
    /// The layer cannot take inputs of these types, shapes or contents; the message tells what was found and expected.
    /// </exception>
    public abstract ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs);

    /// <summary>
    /// Whether image n of each output depends on image n of each input alone, where the images are what axis 0 counts. Only then may a
    /// batch be computed image by image. Inputs whose content is constant belong to all images.
    /// </summary>
    public virtual bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => true;

    /// <summary>
    /// Multiply-adds of convolutions, fully connected layers and products of matrices for inputs that <see cref="Infer"/> accepts; all
    /// else counts as none. Taps that fall on padding count.
    /// </summary>
    public virtual long MultiplyAdds(ReadOnlySpan<Fact> inputs) => 0;

    /// <summary>
    /// Computes the outputs naively, for inputs that <see cref="Infer"/> accepts. This is the truth for every faster way.
    /// </summary>
    public abstract ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs);

    /// <summary>
    /// Says which kernels compute the layer, or which planes its outputs are, for shapes that <see cref="Infer"/> accepts.
    /// </summary>
    internal abstract void Lower(ILowering lowering);

    /// <inheritdoc/>
    public override string ToString() => Kind;

    /// <summary>Room for the elements of a shape.</summary>
    /// <exception cref="ShapeException">One tensor cannot hold that many elements.</exception>
    private protected static float[] NewBuffer(Shape shape) => shape.ElementCount <= Tensor.MostFloats
        ? new float[shape.ElementCount]
        : throw new ShapeException($"A tensor of shape {shape} has more elements than a tensor can hold.");
}
