using DwEngine.Kernels.Dense;
using DwEngine.Kernels.Reference;

namespace DwEngine.Graphs.Layers;

/// <summary>1 where the largest element along an axis is, the first of equal ones, and 0 elsewhere. NaN is never larger.</summary>
public sealed class Hardmax : RowLayer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <param name="flattens">Whether a row is all that lies along the axis and those behind it, as before ONNX's opset 13.</param>
    public Hardmax(int axis = -1, bool flattens = false)
        : base(axis, flattens)
    {
    }

    /// <inheritdoc/>
    public override string Kind => "Hardmax";

    internal override RowLayer WithAxis(int axis) => new Hardmax(axis);

    private protected override void ReferenceRow(ReadOnlySpan<float> input, Span<float> output) => SoftmaxReference.Hard(input, output);

    private protected override void Emit(int length, IRowEmitter emitter) => emitter.Emit(rows => new HardmaxProblem(rows, length));
}
