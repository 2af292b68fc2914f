using DwEngine.Decomposition.LinearAlgebra;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Decomposition.Tests.LinearAlgebra;

[Properties(Arbitrary = [typeof(MatrixSamples)], MaxTest = 100)]
public class MatrixTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 300, 5)]
    [InlineData(4, 256, 12)]
    [InlineData(101, 7, 29)]
    [InlineData(97, 257, 13)]
    [InlineData(5, 0, 4)]
    [InlineData(0, 5, 4)]
    [InlineData(4, 5, 0)]
    public void Products_agree_with_the_definition(int m, int k, int n)
    {
        Random random = new(m + k + n);
        Matrix a = MatrixSamples.Gaussian(m, k, random);
        Matrix b = MatrixSamples.Gaussian(k, n, random);
        Matrix expected = Naive(a, b);
        MatrixAssert.Close(expected, a.Multiply(b), 1e-13);
        MatrixAssert.Close(expected, a.Transpose().TransposeMultiply(b), 1e-13);
        MatrixAssert.Close(expected, a.MultiplyTranspose(b.Transpose()), 1e-13);
    }

    [Property]
    public void Product_agrees_with_MathNet(AnyMatrix sample)
    {
        Matrix a = sample.Value;
        if (a.Values.Length > 0 && sample.Kind is not "huge" and not "tiny")
        {
            var expected = MatrixSamples.ToMathNet(a).TransposeThisAndMultiply(MatrixSamples.ToMathNet(a));
            MatrixAssert.Close(new Matrix(a.Columns, a.Columns, expected.ToRowMajorArray()), a.TransposeMultiply(a), 1e-13);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(300, 40)]
    [InlineData(7, 101)]
    public void Gram_matrix_adds_and_is_exactly_symmetric(int samples, int size)
    {
        Random random = new(size);
        Matrix first = MatrixSamples.Gaussian(samples, size, random);
        Matrix second = MatrixSamples.Gaussian(samples, size, random);
        Matrix gram = new(size, size);
        MatrixProduct.AddGram(gram, first);
        MatrixProduct.AddGram(gram, second);
        Matrix expected = first.TransposeMultiply(first);
        MatrixProduct.Add(expected, second, true, second, false);
        MatrixAssert.Close(expected, gram, 1e-13);
        Assert.True(gram.Values.SequenceEqual(gram.Transpose().Values));
    }

    [Fact]
    public void Rows_of_a_product_do_not_depend_on_how_they_are_split()
    {
        Random random = new(3);
        Matrix a = MatrixSamples.Gaussian(130, 300, random);
        Matrix b = MatrixSamples.Gaussian(300, 31, random);
        Matrix whole = a.Multiply(b);
        Matrix part = a.Block(51, 0, 60, 300).Multiply(b);
        Assert.True(part.Values.SequenceEqual(whole.Block(51, 0, 60, 31).Values));
    }

    [Property]
    public void Frobenius_norm_is_the_norm_of_the_singular_values(AnyMatrix sample)
    {
        Matrix values = new(1, Math.Min(sample.Value.Rows, sample.Value.Columns), Svd.Decompose(sample.Value).SingularValues.ToArray());
        double expected = values.FrobeniusNorm();
        Assert.True(Math.Abs(sample.Value.FrobeniusNorm() - expected) <= 1e-13 * expected);
    }

    [Fact]
    public void Frobenius_norm_neither_overflows_nor_underflows()
    {
        Assert.Equal(5e200, Matrix.FromArray(new[,] { { 3e200, -4e200 } }).FrobeniusNorm(), 1e186);
        Assert.Equal(5e-300, Matrix.FromArray(new[,] { { 3e-300 }, { 4e-300 } }).FrobeniusNorm(), 1e-314);
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        Matrix a = new(2, 3);
        Assert.Throws<LinearAlgebraException>(() => a.Multiply(new Matrix(2, 3)));
        Assert.Throws<LinearAlgebraException>(() => a.TransposeMultiply(new Matrix(3, 3)));
        Assert.Throws<LinearAlgebraException>(() => a.MultiplyTranspose(new Matrix(3, 2)));
        Assert.Throws<LinearAlgebraException>(() => a.Subtract(new Matrix(3, 2)));
        Assert.Throws<LinearAlgebraException>(() => a.Block(1, 0, 2, 1));
        Assert.Throws<LinearAlgebraException>(() => a[0, 3]);
        Assert.Throws<LinearAlgebraException>(() => a[-1, 0]);
        Assert.Throws<LinearAlgebraException>(() => new Matrix(-1, 2));
        Assert.Throws<LinearAlgebraException>(() => new Matrix(int.MaxValue, int.MaxValue));
        Assert.Throws<LinearAlgebraException>(() => new Matrix(2, 2, new double[5]));
        Assert.Throws<LinearAlgebraException>(() => MatrixProduct.Add(a, a, false, Matrix.Identity(3), false));
        Assert.Throws<LinearAlgebraException>(() => MatrixProduct.AddGram(a, a));
    }

    private static Matrix Naive(Matrix a, Matrix b)
    {
        Matrix result = new(a.Rows, b.Columns);
        for (int i = 0; i < a.Rows; i++)
        {
            for (int j = 0; j < b.Columns; j++)
            {
                for (int k = 0; k < a.Columns; k++)
                {
                    result[i, j] += a[i, k] * b[k, j];
                }
            }
        }

        return result;
    }
}
