using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Its first input several times along each axis (ONNX, operator Tile). The second says how often: a constant vector of Int64 or Int32.
/// </summary>
public sealed class Tile : RearrangingLayer
{
    /// <inheritdoc/>
    public override string Kind => "Tile";

    /// <inheritdoc/>
    public override int MinimumInputs => 2;

    /// <inheritdoc/>
    public override int MaximumInputs => 2;

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        LayerChecks.RequireNotEmpty(input);
        ImmutableArray<int> repeats = LayerChecks.RequireIntegers(inputs[1], "the repeats");
        return repeats.Length == input.Rank && !repeats.Any(count => count < 1)
            && Enumerable.Range(0, input.Rank).All(axis => (long)input[axis] * repeats[axis] <= int.MaxValue)
            ? [new Fact(inputs[0].Type, new Shape([.. repeats.Select((count, axis) => count * input[axis])]))]
            : throw new ShapeException($"input {input} cannot be repeated [{string.Join(", ", repeats)}] times.");
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) =>
        inputs[0].Shape.Rank > 0 && Infer(inputs)[0].Shape[0] == inputs[0].Shape[0];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape input = inputs[0].Shape;
        return
        [
            RearrangeReference.Run(
                inputs[0], Infer(LayerChecks.FactsOf(inputs))[0].Shape, output => [.. output.Select((index, axis) => index % input[axis])]),
        ];
    }

    private protected override (Rearrangement Rearrangement, ulong Fill) Rearrange(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape, output = Infer(inputs)[0].Shape;
        return (
            new Rearrangement(
                input,
                [
                    .. Enumerable.Range(0, input.Rank).Select(axis =>
                        new AxisSource(axis, [.. Enumerable.Range(0, output[axis]).Select(index => index % input[axis])])),
                ]),
            0);
    }
}
