using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Dense;
using DwEngine.Kernels.Reference;

namespace DwEngine.Graphs.Layers;

/// <summary>x less the logarithm of the sum of exp(x) along an axis.</summary>
public sealed class LogSoftmax : RowLayer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <param name="flattens">Whether a row is all that lies along the axis and those behind it, as before ONNX's opset 13.</param>
    public LogSoftmax(int axis = -1, bool flattens = false)
        : base(axis, flattens)
    {
    }

    /// <inheritdoc/>
    public override string Kind => "LogSoftmax";

    internal override RowLayer WithAxis(int axis) => new LogSoftmax(axis);

    private protected override bool TryLowerColumns(ILowering lowering, int axis) =>
        SoftmaxColumns.TryLower(lowering, axis, isLogarithm: true);

    private protected override void ReferenceRow(ReadOnlySpan<float> input, Span<float> output) =>
        SoftmaxReference.Logarithm(input, output);

    private protected override void Emit(int length, IRowEmitter emitter) => emitter.Emit(rows => new LogSoftmaxProblem(rows, length));
}
