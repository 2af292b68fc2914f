using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Dense;
using DwEngine.Kernels.Reference;

namespace DwEngine.Graphs.Layers;

/// <summary>exp(x) over the sum of exp(x) along an axis.</summary>
public sealed class Softmax : RowLayer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <param name="flattens">Whether a row is all that lies along the axis and those behind it, as before ONNX's opset 13.</param>
    public Softmax(int axis = -1, bool flattens = false)
        : base(axis, flattens)
    {
    }

    /// <inheritdoc/>
    public override string Kind => "Softmax";

    internal override RowLayer WithAxis(int axis) => new Softmax(axis);

    private protected override bool TryLowerColumns(ILowering lowering, int axis) =>
        SoftmaxColumns.TryLower(lowering, axis, isLogarithm: false);

    private protected override void ReferenceRow(ReadOnlySpan<float> input, Span<float> output) =>
        SoftmaxReference.Run(1, input.Length, input, output);

    private protected override void Emit(int length, IRowEmitter emitter) => emitter.Emit(rows => new SoftmaxProblem(rows, length));
}
