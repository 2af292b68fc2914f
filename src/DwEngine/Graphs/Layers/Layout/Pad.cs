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

    /// <summary>The input mirrored at its first and last elements, which are not repeated; as often as it takes.</summary>
    Reflect,

    /// <summary>The first and last elements again and again.</summary>
    Edge,

    /// <summary>The input from its other end.</summary>
    Wrap,
}

/// <summary>Adds elements before and after its input along each axis; negative numbers take some away (ONNX, operator Pad).</summary>
public sealed class Pad : RearrangingLayer
{
    private readonly ImmutableArray<int> _before, _after;

    /// <summary>
    /// Creates a layer whose further inputs say what to add, as constants: elements before each axis, then those behind each, Int64 or
    /// Int32; where it is given, the value of <see cref="PadMode.Constant"/>, a scalar of the input's type; and, where they are given, the
    /// axes, of which negative ones count from the end.
    /// </summary>
    /// <param name="mode">What is added.</param>
    public Pad(PadMode mode) => Mode = mode;

    /// <summary>Creates a layer that adds certain elements.</summary>
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

        (_before, _after, Mode, Value) = (before, after, mode, value);
    }

    /// <inheritdoc/>
    public override string Kind => "Pad";

    /// <inheritdoc/>
    public override int MinimumInputs => _before.IsDefault ? 2 : 1;

    /// <inheritdoc/>
    public override int MaximumInputs => _before.IsDefault ? 4 : 1;

    /// <summary>What is added.</summary>
    public PadMode Mode { get; }

    /// <summary>The value of <see cref="PadMode.Constant"/>, if no input says it.</summary>
    public double Value { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => _before.IsDefault
        ? [new("mode", Mode.ToString())]
        : [new("before", _before), new("after", _after), new("mode", Mode.ToString()), new("value", Value)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        LayerChecks.RequireNotEmpty(input);
        (int[] before, int[] after) = AmountsOf(inputs);
        int[] dimensions = new int[input.Rank];
        for (int axis = 0; axis < dimensions.Length; axis++)
        {
            long length = (long)input[axis] + before[axis] + after[axis];
            dimensions[axis] = length is > 0 and <= int.MaxValue
                ? (int)length
                : throw new ShapeException($"axis {axis} of input {input} cannot be padded by {before[axis]} and {after[axis]} ({Mode}).");
        }

        _ = FillOf(inputs);
        return [new Fact(inputs[0].Type, new Shape(dimensions))];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs)
    {
        (int[] before, int[] after) = AmountsOf(inputs);
        return before is [0, ..] && after is [0, ..];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Tensor input = inputs[0];
        Fact[] facts = LayerChecks.FactsOf(inputs);
        (int[] before, _) = AmountsOf(facts);
        byte[] fill = BitConverter.GetBytes(FillOf(facts))[..input.Type.Size()];
        return
        [
            RearrangeReference.Run(input, Infer(facts)[0].Shape, output =>
            {
                int[] index = [.. output.Select((place, axis) => SourceOf((long)place - before[axis], input.Shape[axis]))];
                return index.Contains(AxisSource.Fill) ? null : index;
            }, fill),
        ];
    }

    private protected override (Rearrangement Rearrangement, ulong Fill) Rearrange(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape, output = Infer(inputs)[0].Shape;
        (int[] before, _) = AmountsOf(inputs);
        return (
            new Rearrangement(
                input,
                [
                    .. Enumerable.Range(0, input.Rank).Select(axis => new AxisSource(
                        axis, [.. Enumerable.Range(0, output[axis]).Select(place => SourceOf((long)place - before[axis], input[axis]))])),
                ]),
            FillOf(inputs));
    }

    /// <summary>Elements to add at the start and at the end of each axis.</summary>
    internal (int[] Before, int[] After) AmountsOf(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        ImmutableArray<int> amounts = _before.IsDefault ? LayerChecks.RequireIntegers(inputs[1], "the paddings") : [.. _before, .. _after];
        ImmutableArray<int> axes =
            inputs.Length > 3 ? LayerChecks.RequireIntegers(inputs[3], "the axes") : [.. Enumerable.Range(0, input.Rank)];
        if (amounts.Length != 2 * axes.Length)
        {
            throw new ShapeException($"expected paddings of {axes.Length} axes for input {input}, found [{string.Join(", ", amounts)}].");
        }

        int[] before = new int[input.Rank], after = new int[input.Rank];
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = LayerChecks.RequireAxis(input, axes[i]);
            (before[axis], after[axis]) = (amounts[i], amounts[i + axes.Length]);
        }

        return (before, after);
    }

    /// <summary>The bytes of the element that <see cref="PadMode.Constant"/> adds, the lowest first.</summary>
    internal ulong FillOf(ReadOnlySpan<Fact> inputs)
    {
        if (inputs.Length < 3)
        {
            return LayerChecks.BytesOf(inputs[0].Type, Value);
        }

        if (inputs[2] is not { Shape.ElementCount: 1, Constant: { } constant } || constant.Type != inputs[0].Type)
        {
            throw new ShapeException($"expected the value as a constant {inputs[0].Type} scalar, found {inputs[2]}.");
        }

        byte[] bytes = new byte[sizeof(ulong)];
        constant.Bytes.CopyTo(bytes);
        return BitConverter.ToUInt64(bytes);
    }

    // The index within the input for one that may lie outside.
    private int SourceOf(long index, int length)
    {
        if (Mode == PadMode.Reflect && length > 1)
        {
            int period = 2 * (length - 1);
            int place = (int)(((index % period) + period) % period);
            return Math.Min(place, period - place);
        }

        return Mode switch
        {
            PadMode.Edge or PadMode.Reflect => (int)Math.Clamp(index, 0, length - 1),
            PadMode.Wrap => (int)(((index % length) + length) % length),
            _ => index >= 0 && index < length ? (int)index : AxisSource.Fill,
        };
    }
}
