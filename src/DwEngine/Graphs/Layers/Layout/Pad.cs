using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>What <see cref="Pad"/> adds.</summary>
public enum PadMode
{
    /// <summary>One value everywhere.</summary>
    Constant,

    /// <summary>The input mirrored at its first and last elements, which are not repeated.</summary>
    Reflect,

    /// <summary>The first and last elements again and again.</summary>
    Edge,
}

/// <summary>Adds elements before and after its input along each axis; negative numbers take some away (ONNX, operator Pad).</summary>
public sealed class Pad : RearrangingLayer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="before">Elements to add at the start of each axis.</param>
    /// <param name="after">Elements to add at the end of each axis.</param>
    /// <param name="mode">What is added.</param>
    /// <param name="value">The value of <see cref="PadMode.Constant"/>, converted to the input's type.</param>
    /// <exception cref="GraphException">The two lists are of different lengths.</exception>
    public Pad(ImmutableArray<int> before, ImmutableArray<int> after, PadMode mode = PadMode.Constant, double value = 0)
    {
        if (before.IsDefault || after.IsDefault || before.Length != after.Length)
        {
            throw new GraphException("expected as many paddings before as after.");
        }

        (Before, After, Mode, Value) = (before, after, mode, value);
    }

    /// <inheritdoc/>
    public override string Kind => "Pad";

    /// <summary>Elements added at the start of each axis.</summary>
    public ImmutableArray<int> Before { get; }

    /// <summary>Elements added at the end of each axis.</summary>
    public ImmutableArray<int> After { get; }

    /// <summary>What is added.</summary>
    public PadMode Mode { get; }

    /// <summary>The value of <see cref="PadMode.Constant"/>.</summary>
    public double Value { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes =>
        [new("before", Before), new("after", After), new("mode", Mode.ToString()), new("value", Value)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        LayerChecks.RequireNotEmpty(input);
        if (input.Rank != Before.Length)
        {
            throw new ShapeException($"expected an input of {Words.Count(Before.Length, "dimension")}, found {input}.");
        }

        int[] dimensions = new int[input.Rank];
        for (int axis = 0; axis < dimensions.Length; axis++)
        {
            long length = (long)input[axis] + Before[axis] + After[axis];
            bool canMirror = Mode != PadMode.Reflect || Math.Max(Before[axis], After[axis]) < input[axis];
            dimensions[axis] = length is > 0 and <= int.MaxValue && canMirror
                ? (int)length
                : throw new ShapeException($"axis {axis} of input {input} cannot be padded by {Before[axis]} and {After[axis]} ({Mode}).");
        }

        _ = LayerChecks.BytesOf(inputs[0].Type, Value);
        return [new Fact(inputs[0].Type, new Shape(dimensions))];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => Before is [0, ..] && After is [0, ..];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Tensor input = inputs[0];
        byte[] fill = BitConverter.GetBytes(LayerChecks.BytesOf(input.Type, Value))[..input.Type.Size()];
        return
        [
            RearrangeReference.Run(input, Infer([Fact.Of(input)])[0].Shape, output =>
            {
                int[] index = [.. output.Select((place, axis) => SourceOf(place - Before[axis], input.Shape[axis]))];
                return index.Contains(AxisSource.Fill) ? null : index;
            }, fill),
        ];
    }

    private protected override (Rearrangement Rearrangement, ulong Fill) Rearrange(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape, output = Infer(inputs)[0].Shape;
        return (
            new Rearrangement(
                input,
                [
                    .. Enumerable.Range(0, input.Rank).Select(axis => new AxisSource(
                        axis, [.. Enumerable.Range(0, output[axis]).Select(place => SourceOf(place - Before[axis], input[axis]))])),
                ]),
            LayerChecks.BytesOf(inputs[0].Type, Value));
    }

    // The index within the input for one that may lie outside.
    private int SourceOf(int index, int length) => Mode switch
    {
        PadMode.Edge => Math.Clamp(index, 0, length - 1),
        PadMode.Reflect => index < 0 ? -index : index >= length ? (2 * (length - 1)) - index : index,
        _ => index >= 0 && index < length ? index : AxisSource.Fill,
    };
}
