using System.Collections.Immutable;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>A layer whose inputs and outputs are all Float32, so that only their shapes are left to infer.</summary>
public abstract class FloatLayer : Layer
{
    /// <inheritdoc/>
    public sealed override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        var shapes = new Shape[inputs.Length];
        for (int i = 0; i < shapes.Length; i++)
        {
            LayerChecks.RequireFloat32(inputs[i]);
            shapes[i] = inputs[i].Shape;
        }

        return [.. InferShapes(shapes).Select(shape => (Fact)shape)];
    }

    /// <summary>The outputs' shapes for inputs of the given shapes, whose number is within the layer's limits.</summary>
    /// <exception cref="ShapeException">
    /// The layer cannot take inputs of these shapes; the message tells what was found and expected.
    /// </exception>
    public abstract ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs);

    /// <inheritdoc/>
    public sealed override long MultiplyAdds(ReadOnlySpan<Fact> inputs)
    {
        var shapes = new Shape[inputs.Length];
        for (int i = 0; i < shapes.Length; i++)
        {
            shapes[i] = inputs[i].Shape;
        }

        return MultiplyAdds(shapes);
    }

    /// <summary>
    /// Multiply-adds for inputs of shapes that <see cref="InferShapes"/> accepts; see <see cref="Layer.MultiplyAdds(ReadOnlySpan{Fact})"/>.
    /// </summary>
    internal virtual long MultiplyAdds(ReadOnlySpan<Shape> inputs) => 0;
}
