using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Convolutions.</summary>
internal static class Convolutions
{
    public static IEnumerable<OperatorEntry> Entries { get; } = [Of("Conv", 1, Convolve)];

    private static Operand Convolve(NodeContext node)
    {
        Operand x = node.Input(0);
        int groups = node.Attributes.Int("group", 1);
        ImmutableArray<int> kernel = node.Attributes.Ints("kernel_shape");
        if (x.Rank != 4)
        {
            throw new NotSupported($"a convolution over {x.Rank - 2} axes") { IsOfOperands = true };
        }

        Tensor weights = node.Constant(1, "weights");
        if (weights.Shape.Rank != 4 || (!kernel.IsDefault && !kernel.AsSpan().SequenceEqual(weights.Shape.Dimensions[2..])))
        {
            throw node.Error($"the weights have the shape {weights.Shape}; four dimensions were expected, the last two as kernel_shape tells");
        }

        Window window = WindowReader.Read(node, x.Fact.Shape, [weights.Shape[2], weights.Shape[3]]);
        return node.Apply(new Convolution(weights, node.TryConstant(2, "biases"), window, groups), x);
    }
}
