using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Layout;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// A layer that takes elements of its first input from where the second, the indices, says. Indices are Int64 or Int32 and may be computed
/// in a run; negative ones count from the end. A run that meets an index beyond its axis throws a <see cref="ShapeException"/>.
/// </summary>
public abstract class LookupLayer : Layer
{
    private protected LookupLayer()
    {
    }

    /// <inheritdoc/>
    public override int MinimumInputs => 2;

    /// <inheritdoc/>
    public override int MaximumInputs => 2;

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        (Fact data, Fact indices) = (inputs[0], inputs[1]);
        LayerChecks.RequireRank(data.Shape, 1);
        Lookup.RequireIndices(indices);
        (int[] dimensions, int first, int count) = Arrange(data.Shape, indices.Shape);
        if (indices.Constant is { } constant)
        {
            Lookup.RequirePositions(constant, data.Shape.Dimensions.Slice(first, count));
        }

        return [new Fact(data.Type, LayerChecks.RequireShape(dimensions))];
    }

    /// <summary>No: indices may choose among the images, and there may be fewer of them than images have elements.</summary>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => false;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        (Tensor data, Tensor indices) = (inputs[0], inputs[1]);
        Shape output = Infer(LayerChecks.FactsOf(inputs))[0].Shape;
        return [RearrangeReference.Run(data, output, position => SourceOf(data.Shape, indices, position))];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape data = lowering.InputShape(0), indices = lowering.InputShape(1);
        int[] steps = Lookup.StepsOf(data);
        Planes elements = lowering.Input(0, data.Rank), places = lowering.Input(1, indices.Rank);
        bool isLong = lowering.InputFact(1).Type == ElementType.Int64;
        (_, int first, int count) = Arrange(data, indices);
        ImmutableArray<ChosenAxis> chosen = [.. Enumerable.Range(first, count).Select(axis => new ChosenAxis(data[axis], steps[axis]))];
        lowering.Emit(
            new LookupProblem(elements.ElementSize, isLong, AxesOf(data, steps, indices, Lookup.StepsOf(indices)), chosen),
            [elements, places],
            lowering.Allocate(0, lowering.OutputShape(0).Rank));
    }

    /// <summary>The output's dimensions, and the axes of the data in which indices choose; throws if the shapes do not fit.</summary>
    private protected abstract (int[] Dimensions, int FirstChosen, int ChosenCount) Arrange(Shape data, Shape indices);

    /// <summary>The position in the data that a position in the output comes from.</summary>
    private protected abstract int[] SourceOf(Shape data, Tensor indices, int[] output);

    /// <summary>The axes of the output, with what each step along them means in the data and in the indices.</summary>
    private protected abstract ImmutableArray<LookupAxis> AxesOf(Shape data, int[] dataSteps, Shape indices, int[] indexSteps);
}
