using DwEngine.Decomposition.LinearAlgebra;
using Xunit;

namespace DwEngine.Decomposition.Tests.LinearAlgebra;

internal static class MatrixAssert
{
    /// <summary>The entries differ by at most <paramref name="relative"/> times the largest entry of the expected matrix.</summary>
    public static void Close(Matrix expected, Matrix actual, double relative)
    {
        Assert.Equal((expected.Rows, expected.Columns), (actual.Rows, actual.Columns));
        double allowed = relative * expected.MaxMagnitude();
        for (int i = 0; i < expected.Values.Length; i++)
        {
            double difference = Math.Abs(expected.Values[i] - actual.Values[i]);
            Assert.True(difference <= allowed, $"Entry {i}: {actual.Values[i]:R}, expected {expected.Values[i]:R} within {allowed:E1}.");
        }
    }

    public static void Close(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double relative) =>
        Close(new Matrix(1, expected.Length, expected.ToArray()), new Matrix(1, actual.Length, actual.ToArray()), relative);

    /// <summary>Each value is right to <paramref name="relative"/> of itself.</summary>
    public static void RelativelyClose(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double relative)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]) / expected[i];
            Assert.True(error <= relative, $"Value {i}: {actual[i]:R}, expected {expected[i]:R}, relative error {error:E1}.");
        }
    }

    /// <summary>The columns of the matrix are orthonormal.</summary>
    public static void OrthonormalColumns(Matrix matrix, double tolerance = 1e-13) =>
        OrthonormalColumns(matrix, Matrix.Identity(matrix.Rows), tolerance);

    /// <summary>The columns of the matrix are orthonormal in the inner product that the metric defines.</summary>
    public static void OrthonormalColumns(Matrix matrix, Matrix metric, double tolerance)
    {
        Matrix gram = matrix.TransposeMultiply(metric.Multiply(matrix));
        double error = gram.Subtract(Matrix.Identity(matrix.Columns)).MaxMagnitude();
        Assert.True(error <= tolerance, $"The columns are orthonormal only to {error:E1}.");
    }

    public static void Descending(ReadOnlySpan<double> values)
    {
        for (int i = 1; i < values.Length; i++)
        {
            Assert.True(values[i - 1] >= values[i], $"Value {i} is larger than the one before it.");
        }
    }
}
