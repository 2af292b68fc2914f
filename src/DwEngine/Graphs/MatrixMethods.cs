using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.Graphs;

/// <summary>
/// The fluent methods for products of matrices. Each takes an optional name for the node of its result. They throw what the methods of
/// <see cref="ValueHandle"/> throw.
/// </summary>
public static class MatrixMethods
{
    /// <summary>Appends a <see cref="MatrixProduct"/>.</summary>
    public static ValueHandle MatMul(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new MatrixProduct(), [x, other], name)[0];

    /// <summary>
    /// Appends alpha A B + beta C of matrices A and B (ONNX, operator Gemm): a <see cref="FullyConnected"/> where B and C are constants
    /// and C has one number for each column, else the layers that make it up.
    /// </summary>
    /// <param name="a">A, or its transpose.</param>
    /// <param name="b">B, or its transpose.</param>
    /// <param name="c">C, which broadcasts to the product's shape; null for none.</param>
    /// <param name="alpha">alpha.</param>
    /// <param name="beta">beta.</param>
    /// <param name="transposesA">Whether A is given as its transpose.</param>
    /// <param name="transposesB">Whether B is given as its transpose.</param>
    /// <param name="name">The name of the last node; generated if null.</param>
    public static ValueHandle Gemm(
        this ValueHandle a,
        ValueHandle b,
        ValueHandle? c = null,
        double alpha = 1,
        double beta = 1,
        bool transposesA = false,
        bool transposesB = false,
        string? name = null)
    {
        if (a.Shape.Rank != 2 || b.Shape.Rank != 2)
        {
            throw new ShapeException($"Node '{name ?? "gemm"}' (Gemm): expected two matrices, found {a.Fact} and {b.Fact}.");
        }

        ValueHandle left = transposesA ? a.Transpose([1, 0]) : a;
        int columns = b.Shape[transposesB ? 0 : 1];
        if (b.Fact.Constant is { Type: ElementType.Float32 } matrix && (c is null || IsRow(c.Value.Fact, columns)))
        {
            Tensor? bias = c is null ? null : Bias(c.Value.Fact.Constant!, beta, columns);
            return left.FullyConnected(Weights(matrix, alpha, transposesB), bias, name);
        }

        ValueHandle right = transposesB ? b.Transpose([1, 0]) : b;
        bool isScaled = alpha != 1;
        ValueHandle product = left.MatMul(right, isScaled || c is not null ? null : name);
        if (isScaled)
        {
            product = product.Multiply(Scalar(a.Builder, alpha), c is null ? name : null);
        }

        if (c is null)
        {
            return product;
        }

        ValueHandle sum = product.Add(beta == 1 ? c.Value : c.Value.Multiply(Scalar(a.Builder, beta)), name);
        return sum.Shape == product.Shape
            ? sum
            : throw new ShapeException(
                $"Node '{name ?? "gemm"}' (Gemm): expected a summand that broadcasts to {product.Shape}, found {c.Value.Fact}.");
    }

    private static bool IsRow(Fact fact, int columns)
    {
        Shape shape = fact.Shape;
        return fact.Constant is { Type: ElementType.Float32 } && shape.Rank <= 2
            && (shape.Rank < 2 || shape[0] == 1) && (shape.Rank < 1 || shape[^1] == 1 || shape[^1] == columns);
    }

    private static ValueHandle Scalar(GraphBuilder builder, double value) =>
        builder.Constant(Tensor.FromFloats(new Shape(), [(float)value]));

    // Columns x rows, as a fully connected layer has them.
    private static Tensor Weights(Tensor matrix, double alpha, bool isTransposed)
    {
        (int outputs, int inputs) = isTransposed ? (matrix.Shape[0], matrix.Shape[1]) : (matrix.Shape[1], matrix.Shape[0]);
        float[] weights = new float[matrix.Floats.Length];
        for (int output = 0; output < outputs; output++)
        {
            for (int input = 0; input < inputs; input++)
            {
                float value = matrix.Floats[isTransposed ? (output * inputs) + input : (input * outputs) + output];
                weights[(output * inputs) + input] = (float)(alpha * value);
            }
        }

        return Tensor.FromFloats(new Shape(outputs, inputs), weights);
    }

    private static Tensor Bias(Tensor row, double beta, int columns)
    {
        float[] bias = new float[columns];
        for (int i = 0; i < columns; i++)
        {
            bias[i] = (float)(beta * row.Floats[row.Floats.Length == 1 ? 0 : i]);
        }

        return Tensor.FromFloats(new Shape(columns), bias);
    }
}
