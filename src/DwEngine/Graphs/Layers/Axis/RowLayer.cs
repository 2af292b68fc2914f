using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>A layer that computes each row of floats along an axis on its own, to a row of equal length.</summary>
public abstract class RowLayer : FloatLayer
{
    private protected RowLayer(int axis, bool flattens) => (Axis, Flattens) = (axis, flattens);

    /// <summary>The axis; a negative one counts from the end.</summary>
    public int Axis { get; }

    /// <summary>Whether a row is all that lies along the axis and those behind it, as before ONNX's opset 13.</summary>
    public bool Flattens { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes =>
        Flattens ? [new("axis", Axis), new("flattens", true)] : [new("axis", Axis)];

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        LayerChecks.RequireRank(inputs[0], 1);
        _ = LayerChecks.RequireAxis(inputs[0], Axis);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => LayerChecks.RequireAxis(inputs[0].Shape, Axis) != 0;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape shape = InferShapes([inputs[0].Shape])[0];
        float[] output = NewBuffer(shape);
        Tensor input = inputs[0];
        int axis = LayerChecks.RequireAxis(shape, Axis);
        // What lies behind the axis is one axis with it where it is flattened.
        Shape rows = Flattens ? new Shape(Product(shape.Dimensions[..axis]), Product(shape.Dimensions[axis..])) : shape;
        foreach (int[] places in AxisRows.Places(rows, Flattens ? 1 : axis))
        {
            float[] row = new float[places.Length];
            ReferenceRow([.. places.Select(place => input.Floats[place])], row);
            for (int i = 0; i < row.Length; i++)
            {
                output[places[i]] = row[i];
            }
        }

        return [Tensor.FromFloats(shape, output)];
    }

    internal sealed override void Lower(ILowering lowering)
    {
        Shape shape = lowering.InputShape(0);
        int axis = LayerChecks.RequireAxis(shape, Axis);
        if (Flattens)
        {
            Planes rows = lowering.Input(0, shape.Rank - axis);
            Emit(rows.Length, new Whole(lowering, rows, lowering.Allocate(0, shape.Rank - axis)));
            return;
        }

        if (!TryLowerColumns(lowering, axis))
        {
            Emit(shape[axis], new Along(lowering, axis));
        }
    }

    /// <summary>The same layer along another axis, which does not flatten.</summary>
    internal abstract RowLayer WithAxis(int axis);

    /// <summary>Lowers rows that lie across planes without moving them, where the layer can.</summary>
    private protected virtual bool TryLowerColumns(ILowering lowering, int axis) => false;

    /// <summary>One row, naively.</summary>
    private protected abstract void ReferenceRow(ReadOnlySpan<float> input, Span<float> output);

    /// <summary>Hands the problem of rows of that length to what emits it.</summary>
    private protected abstract void Emit(int length, IRowEmitter emitter);

    private static int Product(ReadOnlySpan<int> dimensions)
    {
        int product = 1;
        foreach (int dimension in dimensions)
        {
            product = checked(product * dimension);
        }

        return product;
    }

    /// <summary>Emits the kernel of a row layer.</summary>
    private protected interface IRowEmitter
    {
        /// <summary>Emits the kernel that solves the problem of so many rows.</summary>
        void Emit<TProblem>(Func<int, TProblem> make);
    }

    private sealed class Whole(ILowering lowering, Planes rows, Planes output) : IRowEmitter
    {
        public void Emit<TProblem>(Func<int, TProblem> make) => lowering.Emit(make(rows.Count), [rows], output);
    }

    private sealed class Along(ILowering lowering, int axis) : IRowEmitter
    {
        public void Emit<TProblem>(Func<int, TProblem> make) =>
            AxisRows.Lower(lowering, axis, 1, lowering.InputShape(0)[axis], make);
    }
}
