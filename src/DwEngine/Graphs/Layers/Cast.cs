using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Planewise;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Converts the elements to another type (ONNX, operator Cast). Floating-point numbers are rounded to the nearest, the even one of two; to
/// integers they are rounded towards zero, those beyond the limits become the limits and NaN becomes 0. Integers that do not fit keep their
/// lowest bits. To Bool, all but 0 is true.
/// </summary>
/// <param name="type">The type of the output.</param>
public sealed class Cast(ElementType type) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "Cast";

    /// <summary>The type of the output.</summary>
    public ElementType Type { get; } = Enum.IsDefined(type) ? type : throw new GraphException($"there is no element type {type}.");

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("type", Type.ToString())];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        LayerChecks.RequireNotEmpty(inputs[0].Shape);
        return inputs[0].Type == Type ? [inputs[0]] : [new Fact(Type, inputs[0].Shape)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) => [CastReference.Run(inputs[0], Type)];

    internal override void Lower(ILowering lowering)
    {
        (Planes input, int axes) = lowering.View(0);
        ElementType from = lowering.InputFact(0).Type;
        if (from == Type)
        {
            lowering.Alias(0, input, axes);
            return;
        }

        lowering.Emit(new CastProblem(input.Count, input.Length, from, Type), [input], lowering.Allocate(0, axes));
    }
}
