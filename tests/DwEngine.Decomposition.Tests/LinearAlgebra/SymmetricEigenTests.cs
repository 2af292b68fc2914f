using DwEngine.Decomposition.LinearAlgebra;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Decomposition.Tests.LinearAlgebra;

[Properties(Arbitrary = [typeof(MatrixSamples)], MaxTest = 100)]
public class SymmetricEigenTests
{
    [Property]
    public void Reconstructs_with_orthonormal_vectors_in_order(AnyMatrix sample)
    {
        Matrix a = Symmetric(sample);
        SymmetricEigen eigen = SymmetricEigen.Decompose(a);
        MatrixAssert.Descending(eigen.Values);
        MatrixAssert.OrthonormalColumns(eigen.Vectors);
        Matrix scaled = eigen.Vectors.Multiply(MatrixSamples.Diagonal(eigen.Values));
        MatrixAssert.Close(a, scaled.MultiplyTranspose(eigen.Vectors), 2e-13);
    }

    [Property]
    public void Agrees_with_MathNet(AnyMatrix sample)
    {
        Matrix a = Symmetric(sample);
        if (a.Rows > 0 && sample.Kind is not "huge" and not "tiny")
        {
            double[] expected = [.. MatrixSamples.ToMathNet(a).Evd().EigenValues.Select(value => value.Real).OrderDescending()];
            MatrixAssert.Close(expected, SymmetricEigen.Decompose(a).Values, 1e-12);
        }
    }

    [Property]
    public void Eigenvalues_of_a_gram_matrix_are_squares_of_singular_values(AnyMatrix sample)
    {
        if (sample.Kind is not "huge" and not "tiny")
        {
            Matrix a = sample.Value.Rows >= sample.Value.Columns ? sample.Value : sample.Value.Transpose();
            double[] expected = [.. Svd.Decompose(a).SingularValues.ToArray().Select(value => value * value)];
            MatrixAssert.Close(expected, SymmetricEigen.Decompose(a.TransposeMultiply(a)).Values, 1e-12);
        }
    }

    [Fact]
    public void Small_eigenvalues_of_a_graded_definite_matrix_are_relatively_accurate()
    {
        // D H D with a well-conditioned H and D from 1 to 1e-12: the condition number is about 1e24.
        Matrix factor = MatrixSamples.Gaussian(8, 8, new Random(11));
        Matrix h = factor.MultiplyTranspose(factor).Subtract(MatrixSamples.Diagonal(-8, -8, -8, -8, -8, -8, -8, -8));
        for (int i = 0; i < 8; i++)
        {
            for (int j = 0; j < 8; j++)
            {
                h[i, j] *= Math.ScaleB(1, -6 * ((i * 3 % 8) + (j * 3 % 8)));
            }
        }

        MatrixAssert.RelativelyClose(DoubleDouble.SingularValues(h), SymmetricEigen.Decompose(h).Values, 1e-13);
    }

    [Fact]
    public void Equal_and_opposite_eigenvalues_are_found()
    {
        Matrix swap = Matrix.FromArray(new double[,] { { 0, 1, 0, 0 }, { 1, 0, 0, 0 }, { 0, 0, 0, -3 }, { 0, 0, -3, 0 } });
        MatrixAssert.Close([3, 1, -1, -3], SymmetricEigen.Decompose(swap).Values, 1e-15);
        Assert.Equal([1, 1, 1], SymmetricEigen.Decompose(Matrix.Identity(3)).Values.ToArray());
        Assert.Equal([0, 0], SymmetricEigen.Decompose(new Matrix(2, 2)).Values.ToArray());
    }

    [Theory]
    [InlineData(57)]
    [InlineData(58)]
    public void Larger_sizes_odd_and_even_converge(int size)
    {
        Matrix q = MatrixSamples.Orthogonal(size, new Random(size));
        double[] expected = [.. Enumerable.Range(0, size).Select(i => (double)(size / 2) - i)];
        Matrix a = q.Multiply(MatrixSamples.Diagonal(expected)).MultiplyTranspose(q);
        MatrixAssert.Close(expected, SymmetricEigen.Decompose(a).Values, 1e-13);
    }

    [Fact]
    public void Bad_input_is_refused()
    {
        Assert.Throws<LinearAlgebraException>(() => SymmetricEigen.Decompose(new Matrix(2, 3)));
        Assert.Throws<LinearAlgebraException>(() => SymmetricEigen.Decompose(Matrix.FromArray(new double[,] { { 1, 2 }, { 2.001, 1 } })));
        Assert.Throws<LinearAlgebraException>(() => SymmetricEigen.Decompose(Matrix.FromArray(new double[,] { { double.NaN } })));
        Matrix huge = new(2, 2);
        huge.Values.Fill(double.MaxValue);
        Assert.Throws<LinearAlgebraException>(() => SymmetricEigen.Decompose(huge));
    }

    private static Matrix Symmetric(AnyMatrix sample)
    {
        int size = Math.Min(sample.Value.Rows, sample.Value.Columns);
        Matrix result = sample.Value.Block(0, 0, size, size);
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < i; j++)
            {
                result[i, j] = result[j, i];
            }
        }

        return result;
    }
}
