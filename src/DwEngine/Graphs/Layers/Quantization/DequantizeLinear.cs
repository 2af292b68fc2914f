using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Planewise;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>Floats of whole numbers (ONNX, operator DequantizeLinear): (x - zero point) * scale.</summary>
/// <param name="axis">The axis that the scales are of, if there are several; a negative one counts from the end.</param>
public sealed class DequantizeLinear(int axis = 1) : QuantizationLayer(axis)
{
    /// <inheritdoc/>
    public override string Kind => "DequantizeLinear";

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        _ = QuantizationOf(inputs, inputs[0].Type);
        return [inputs[0].Shape];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Quantization quantization = QuantizationOf(LayerChecks.FactsOf(inputs), inputs[0].Type);
        ReadOnlySpan<byte> whole = CastReference.Run(inputs[0], ElementType.Int64).Bytes;
        float[] output = NewBuffer(inputs[0].Shape);
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = quantization.Dequantize(BitConverter.ToInt64(whole[(i * sizeof(long))..]), quantization.At(0, i).Channel);
        }

        return [Tensor.FromFloats(inputs[0].Shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        (Planes input, int axes) = lowering.View(0);
        Fact[] facts = [.. Enumerable.Range(0, lowering.InputCount).Select(lowering.InputFact)];
        lowering.Emit(new DequantizeProblem(QuantizationOf(facts, facts[0].Type, input.Count)), [input], lowering.Allocate(0, axes));
    }
}
