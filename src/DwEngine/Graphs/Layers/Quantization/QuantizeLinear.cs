using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Planewise;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Whole numbers of floats (ONNX, operator QuantizeLinear): x / scale, rounded to the nearest, the even one of two, plus the zero point,
/// moved to the limits of the type. That is UInt8 unless the zero point has another. NaN becomes the zero point.
/// </summary>
/// <param name="axis">The axis that the scales are of, if there are several; a negative one counts from the end.</param>
public sealed class QuantizeLinear(int axis = 1) : QuantizationLayer(axis)
{
    /// <inheritdoc/>
    public override string Kind => "QuantizeLinear";

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        LayerChecks.RequireFloat32(inputs[0]);
        return [new Fact(QuantizationOf(inputs, TypeOf(inputs)).Type, inputs[0].Shape)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Fact[] facts = LayerChecks.FactsOf(inputs);
        Quantization quantization = QuantizationOf(facts, TypeOf(facts));
        long[] whole = new long[inputs[0].Floats.Length];
        for (int i = 0; i < whole.Length; i++)
        {
            whole[i] = quantization.Quantize(inputs[0].Floats[i], quantization.At(0, i).Channel);
        }

        var tensor = Tensor.FromBytes(ElementType.Int64, inputs[0].Shape, MemoryMarshal.AsBytes(whole.AsSpan()).ToArray());
        return [CastReference.Run(tensor, quantization.Type)];
    }

    internal override void Lower(ILowering lowering)
    {
        (Planes input, int axes) = lowering.View(0);
        Fact[] facts = [.. Enumerable.Range(0, lowering.InputCount).Select(lowering.InputFact)];
        lowering.Emit(new QuantizeProblem(QuantizationOf(facts, TypeOf(facts), input.Count)), [input], lowering.Allocate(0, axes));
    }

    private static ElementType TypeOf(ReadOnlySpan<Fact> inputs) => inputs.Length > 2 ? inputs[2].Type : ElementType.UInt8;
}
