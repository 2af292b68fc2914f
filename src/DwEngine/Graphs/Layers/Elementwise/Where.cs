using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Elementwise;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// The element of the second input where the first, of type <see cref="ElementType.Bool"/>, is true, and of the third where it is false.
/// The second and third are of one type, whichever it is, and all three broadcast as the inputs of <see cref="Binary"/>.
/// </summary>
public sealed class Where : Layer
{
    /// <inheritdoc/>
    public override string Kind => "Where";

    /// <inheritdoc/>
    public override int MinimumInputs => 3;

    /// <inheritdoc/>
    public override int MaximumInputs => 3;

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        if (inputs[0].Type != ElementType.Bool)
        {
            throw new ShapeException($"expected a Bool condition, found {inputs[0].Typed}.");
        }

        return inputs[1].Type == inputs[2].Type
            ? [new Fact(inputs[1].Type, Broadcasting.ShapeOf(inputs))]
            : throw new ShapeException($"expected two inputs of one type to choose from, found {inputs[1]} and {inputs[2]}.");
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => Broadcasting.KeepsImagesApart(inputs);

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        (Tensor condition, Tensor left, Tensor right) = (inputs[0], inputs[1], inputs[2]);
        Shape shape = Broadcasting.ShapeOf(LayerChecks.FactsOf(inputs));
        int size = left.Type.Size();
        byte[] output = new byte[checked(shape.ElementCount * size)];
        int[] conditions = Broadcasting.Positions(condition.Shape, shape, 0);
        int[] lefts = Broadcasting.Positions(left.Shape, shape, 0), rights = Broadcasting.Positions(right.Shape, shape, 0);
        for (int i = 0; i < conditions.Length; i++)
        {
            (Tensor chosen, int place) = condition.Bytes[conditions[i]] != 0 ? (left, lefts[i]) : (right, rights[i]);
            chosen.Bytes.Slice(place * size, size).CopyTo(output.AsSpan(i * size));
        }

        return [Tensor.FromBytes(left.Type, shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        (Planes[] operands, int axes) = Broadcasting.LayOut(lowering);
        Planes output = lowering.Allocate(0, axes);
        bool[] repeats = [.. operands.Select(operand => operand.Length < output.Length)];
        var problem = new SelectProblem(output.Count, output.Length, repeats[0], repeats[1], repeats[2], output.ElementSize);
        lowering.Emit(problem, operands, output);
    }
}
