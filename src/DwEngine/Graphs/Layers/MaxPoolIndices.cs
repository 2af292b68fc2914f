using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Pooling;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Where a <see cref="MaxPool"/> of the same window finds its values (ONNX, second output of MaxPool), as Int64: the number of the element
/// among all of the input. Of equal ones the first under the window counts.
/// </summary>
/// <param name="window">Kernel, stride, padding and dilation.</param>
/// <param name="columnMajor">Whether the pixels of a channel are numbered column by column (ONNX, attribute <c>storage_order</c>).</param>
public sealed class MaxPoolIndices(Window window, bool columnMajor = false) : Layer
{
    private readonly MaxPool _pool = new(window);

    /// <inheritdoc/>
    public override string Kind => "MaxPoolIndices";

    /// <summary>Kernel, stride, padding and dilation.</summary>
    public Window Window => _pool.Window;

    /// <summary>Whether the pixels of a channel are numbered column by column.</summary>
    public bool ColumnMajor { get; } = columnMajor;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [.. _pool.Attributes, new("column_major", ColumnMajor)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        LayerChecks.RequireFloat32(inputs[0]);
        return [new Fact(ElementType.Int64, _pool.InferShapes([inputs[0].Shape])[0])];
    }

    /// <summary>No: elements are numbered through all images.</summary>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => false;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape input = inputs[0].Shape;
        long[] indices = MaxPoolIndicesReference.Run(
            Window.For(input[2], input[3]), ColumnMajor, input[0] * input[1], input[2], input[3], inputs[0].Floats);
        return
        [
            Tensor.FromBytes(ElementType.Int64, _pool.InferShapes([input])[0], MemoryMarshal.AsBytes(indices.AsSpan()).ToArray()),
        ];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape shape = lowering.InputShape(0);
        Planes input = lowering.Input(0);
        var pool = new MaxPoolProblem(input.Count, shape[2], shape[3], Window.For(shape[2], shape[3]));
        lowering.Emit(new MaxPoolIndicesProblem(pool, ColumnMajor), [input], lowering.Allocate(0));
    }
}
