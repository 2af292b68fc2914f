using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Elementwise;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// A question about the elements of two inputs at the same place; the answers are of type <see cref="ElementType.Bool"/>. Of NaN each
/// answer is no, but that to <c>Unordered</c>. The inputs are Float32 or of one type of whole numbers, or both Bool if they are asked for
/// equality; they broadcast as those of <see cref="Binary"/>.
/// </summary>
public sealed class Comparison : Layer
{
    private readonly ComparisonEntry _entry;

    /// <summary>Creates the layer.</summary>
    /// <param name="operation">The question's name, such as <c>LessOrEqual</c>: ONNX's.</param>
    /// <exception cref="GraphException">There is no such question.</exception>
    public Comparison(string operation) => _entry = OperatorTable.Find<ComparisonEntry>(operation)
        ?? throw new GraphException($"'{operation}' is no comparison; there are {OperatorTable.NamesOf<ComparisonEntry>()}.");

    /// <inheritdoc/>
    public override string Kind => _entry.Traits.Name;

    /// <inheritdoc/>
    public override int MinimumInputs => 2;

    /// <inheritdoc/>
    public override int MaximumInputs => 2;

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        _ = WholeNumbers.RequireType(Kind, inputs);
        return [new Fact(ElementType.Bool, Broadcasting.ShapeOf(inputs))];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => Broadcasting.KeepsImagesApart(inputs);

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        (Tensor left, Tensor right) = (inputs[0], inputs[1]);
        if (left.Type != ElementType.Float32)
        {
            return [WholeNumbers.Reference(Kind, left, right)];
        }

        Shape shape = Broadcasting.ShapeOf(LayerChecks.FactsOf(inputs));
        int[] lefts = Broadcasting.Positions(left.Shape, shape, 0), rights = Broadcasting.Positions(right.Shape, shape, 0);
        byte[] output = new byte[lefts.Length];
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = _entry.Comparison.Exact(left.Floats[lefts[i]], right.Floats[rights[i]]) ? (byte)1 : (byte)0;
        }

        return [Tensor.FromBytes(ElementType.Bool, shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        if (lowering.InputFact(0).Type != ElementType.Float32)
        {
            WholeNumbers.Lower(Kind, lowering);
            return;
        }

        (Planes[] operands, int axes) = Broadcasting.LayOut(lowering);
        Planes output = lowering.Allocate(0, axes);
        bool repeatsLeft = operands[0].Length < output.Length, repeatsRight = operands[1].Length < output.Length;
        lowering.Emit(
            new ComparisonProblem(_entry.Comparison, output.Count, output.Length, repeatsLeft, repeatsRight), operands, output);
    }
}
