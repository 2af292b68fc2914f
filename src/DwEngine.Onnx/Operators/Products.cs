using System.Runtime.InteropServices;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Products of matrices.</summary>
internal static class Products
{
    public static IEnumerable<OperatorEntry> Entries { get; } = [Of("Gemm", 1, Gemm), Of("MatMul", 1, MatMul), Of("Einsum", 12, Einsum)];

    // alpha A B + beta C, where A and B may be transposed.
    private static Operand Gemm(NodeContext node)
    {
        float alpha = (float)node.Attributes.Float("alpha", 1), beta = (float)node.Attributes.Float("beta", 1);
        bool transposesA = node.Attributes.Bool("transA", false), transposesB = node.Attributes.Bool("transB", false);
        node.Attributes.Ignore(node.Opset < 7 ? "broadcast" : "");
        Operand a = node.Input(0);
        node.RequireRank(a, 2, "the first matrix");
        node.RequireRank(node.Input(1), 2, "the second matrix");
        a = transposesA ? node.Apply(new Transpose(1, 0), a) : a;
        Operand? c = node.TryInput(2);
        if (node.Input(1).Constant is not { Type: ElementType.Float32 } b)
        {
            Operand right = transposesB ? node.Apply(new Transpose(1, 0), node.Input(1)) : node.Input(1);
            Operand product = Times(node, node.Apply(new MatrixProduct(), a, right), alpha);
            return c is null ? product : node.Apply(new Binary("Add"), product, Times(node, c, beta));
        }

        Tensor weights = Scaled(transposesB ? b : Transposed(b), alpha);
        if (c is null)
        {
            return node.Apply(new FullyConnected(weights, null), a);
        }

        int outputs = weights.Shape[0];
        if (c.Constant is { Type: ElementType.Float32 } bias && (bias.Shape.ElementCount == 1 || IsRow(bias.Shape, outputs)))
        {
            float[] row = new float[outputs];
            for (int i = 0; i < row.Length; i++)
            {
                row[i] = bias.Floats[bias.Shape.ElementCount == 1 ? 0 : i] * beta;
            }

            return node.Apply(new FullyConnected(weights, Tensor.FromFloats(new Shape(outputs), row)), a);
        }

        return node.Apply(new Binary("Add"), node.Apply(new FullyConnected(weights, null), a), Times(node, c, beta));
    }

    private static Operand Einsum(NodeContext node)
    {
        string equation = node.Attributes.Text("equation", "");
        return node.Compose(handles => handles[0].Builder.Einsum(equation, handles), node.Inputs());
    }

    private static Operand Times(NodeContext node, Operand x, float factor) =>
        factor == 1 ? x : node.Apply(new Binary("Mul"), x, node.Known(factor));

    private static Operand MatMul(NodeContext node)
    {
        Operand a = node.Input(0), b = node.Input(1);
        return a.Rank == 2 && b is { Rank: 2, Constant: { Type: ElementType.Float32 } weights }
            ? node.Apply(new FullyConnected(Transposed(weights), null), a)
            : node.Apply(new MatrixProduct(), a, b);
    }

    private static bool IsRow(Shape shape, int length) => shape.Rank is 1 or 2 && shape[^1] == length && shape.ElementCount == length;

    private static Tensor Transposed(Tensor matrix) => new Transpose(1, 0).Reference([matrix])[0];

    private static Tensor Scaled(Tensor tensor, float factor)
    {
        if (factor == 1)
        {
            return tensor;
        }

        byte[] bytes = tensor.Bytes.ToArray();
        foreach (ref float value in MemoryMarshal.Cast<byte, float>(bytes.AsSpan()))
        {
            value *= factor;
        }

        return Tensor.FromBytes(tensor.Type, tensor.Shape, bytes);
    }
}
