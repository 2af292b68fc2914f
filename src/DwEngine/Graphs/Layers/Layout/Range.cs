using System.Collections.Immutable;
using System.Numerics;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// A vector of numbers of equal distance (ONNX, operator Range): start, start + step and so on, before the limit. Start, limit and step are
/// constants of one element each and of one type, Float32 or whole numbers. So this is a constant, too.
/// </summary>
public sealed class Range : Layer
{
    private const int MostNumbers = 1 << 22;

    /// <inheritdoc/>
    public override string Kind => "Range";

    /// <inheritdoc/>
    public override int MinimumInputs => 3;

    /// <inheritdoc/>
    public override int MaximumInputs => 3;

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs) => [Fact.Of(Make(inputs))];

    /// <summary>No: it has no images.</summary>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => false;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) => [Make(LayerChecks.FactsOf(inputs))];

    internal override void Lower(ILowering lowering)
    {
        // The plan holds constants itself.
    }

    private static Tensor Make(ReadOnlySpan<Fact> inputs)
    {
        ElementType type = inputs[0].Type;
        foreach (Fact input in inputs)
        {
            LayerChecks.RequireNumbers(input);
            if (input.Type != type || input.Shape.ElementCount != 1 || input.Constant is null)
            {
                throw new ShapeException($"expected start, limit and step as constants of one {type}, found {input.Typed}.");
            }
        }

        return type == ElementType.Float32
            ? OfFloats(inputs[0].Constant!.Floats[0], inputs[1].Constant!.Floats[0], inputs[2].Constant!.Floats[0])
            : OfIntegers(type, Whole(inputs[0]), Whole(inputs[1]), Whole(inputs[2]));
    }

    private static BigInteger Whole(Fact fact) => IntegerReference.Read(fact.Type, fact.Constant!.Bytes, 0);

    private static Tensor OfFloats(float start, float limit, float step)
    {
        float[] numbers = new float[LengthOf(Math.Ceiling(((double)limit - start) / step))];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = start + (i * step);
        }

        return Tensor.FromFloats(new Shape(numbers.Length), numbers);
    }

    private static Tensor OfIntegers(ElementType type, BigInteger start, BigInteger limit, BigInteger step)
    {
        if (step.IsZero)
        {
            throw new ShapeException("expected a step other than 0.");
        }

        byte[] bytes = new byte[(long)LengthOf((double)((limit - start + step - step.Sign) / step)) * type.Size()];
        for (int i = 0; i < bytes.Length / type.Size(); i++)
        {
            IntegerReference.Write(type, bytes, i, start + (i * step));
        }

        return Tensor.FromBytes(type, new Shape(bytes.Length / type.Size()), bytes);
    }

    private static int LengthOf(double length) => length is >= 1 and <= MostNumbers
        ? (int)length
        : throw new ShapeException($"expected from 1 to {MostNumbers} numbers from start to limit, found {length}.");
}
