using DwEngine.Decomposition.LinearAlgebra;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Decomposition.Tests.LinearAlgebra;

/// <summary>Pivoted QR, pivoted Cholesky and least squares.</summary>
[Properties(Arbitrary = [typeof(MatrixSamples)], MaxTest = 100)]
public class SolverTests
{
    [Property]
    public void Qr_reconstructs_with_a_descending_diagonal(AnyMatrix sample)
    {
        Matrix a = sample.Value;
        PivotedQr qr = PivotedQr.Factor(a);
        Matrix q = qr.Q(a.Rows);
        Matrix r = qr.R(a.Rows);
        MatrixAssert.OrthonormalColumns(q);
        MatrixAssert.Close(Permuted(a, qr.Permutation), q.Multiply(r), 1e-13);
        double[] diagonal = [.. Enumerable.Range(0, Math.Min(a.Rows, a.Columns)).Select(i => Math.Abs(r[i, i]))];
        for (int i = 1; i < diagonal.Length; i++)
        {
            Assert.True(diagonal[i] <= diagonal[i - 1] * (1 + 1e-7));
        }
    }

    [Property]
    public void Qr_without_pivoting_keeps_the_order(AnyMatrix sample)
    {
        PivotedQr qr = PivotedQr.Factor(sample.Value, pivot: false);
        MatrixAssert.Close(sample.Value, qr.Q(sample.Value.Rows).Multiply(qr.R(sample.Value.Rows)), 1e-13);
    }

    [Theory]
    [InlineData(9, 6, 4)]
    [InlineData(6, 9, 2)]
    [InlineData(5, 5, 0)]
    public void Qr_reveals_the_rank(int rows, int columns, int rank)
    {
        Random random = new(rank);
        Matrix a = MatrixSamples.Gaussian(rows, rank, random).Multiply(MatrixSamples.Gaussian(rank, columns, random));
        Assert.Equal(rank, PivotedQr.Factor(a).Rank(1e-12));
    }

    [Property]
    public void Cholesky_reconstructs(AnyMatrix sample)
    {
        Matrix a = Semidefinite(sample);
        PivotedCholesky cholesky = PivotedCholesky.Decompose(a);
        Matrix factor = cholesky.Factor;
        Matrix permuted = Permuted(Permuted(a, cholesky.Permutation).Transpose(), cholesky.Permutation);
        MatrixAssert.Close(permuted, factor.TransposeMultiply(factor), 1e-12);
    }

    [Property]
    public void Cholesky_solves_consistent_systems(AnyMatrix sample)
    {
        if (sample.Kind is not "huge" and not "tiny")
        {
            Matrix a = Semidefinite(sample);
            PivotedCholesky cholesky = PivotedCholesky.Decompose(a, 1e-10);
            Matrix b = a.Multiply(MatrixSamples.Gaussian(a.Rows, 3, new Random(1)));
            Matrix x = cholesky.Solve(b);
            Assert.True(a.Multiply(x).Subtract(b).MaxMagnitude() <= 1e-4 * a.MaxMagnitude());
            Assert.All(cholesky.Permutation[cholesky.Rank..].ToArray(), i => Assert.Equal(0, x[i, 0]));
        }
    }

    [Fact]
    public void Cholesky_solves_the_hilbert_system()
    {
        // The solution for right sides that are exact in double is known: the inverse of the Hilbert matrix has integer entries.
        Matrix x = PivotedCholesky.Decompose(MatrixSamples.Hilbert(3)).Solve(Matrix.Identity(3));
        MatrixAssert.Close(Matrix.FromArray(new double[,] { { 9, -36, 30 }, { -36, 192, -180 }, { 30, -180, 180 } }), x, 1e-12);
    }

    [Theory]
    [InlineData(-1, 0, 1)]
    [InlineData(1, 2, 1)]
    [InlineData(0, 1, 0)]
    [InlineData(1, 0, -1e-3)]
    public void Cholesky_refuses_indefinite_matrices(double first, double off, double second)
    {
        Matrix a = Matrix.FromArray(new[,] { { first, off }, { off, second } });
        Assert.Throws<LinearAlgebraException>(() => PivotedCholesky.Decompose(a));
    }

    [Property]
    public void Least_squares_is_the_product_with_the_pseudo_inverse(AnyMatrix sample)
    {
        // Graded matrices have no clear rank, so that only the residual is determined for them.
        Matrix a = sample.Value;
        if (sample.Kind is "graded" or "huge" or "tiny")
        {
            return;
        }

        Matrix b = MatrixSamples.Gaussian(a.Rows, 2, new Random(a.Columns));
        Matrix x = LeastSquares.Solve(a, b, 1e-11);
        Svd svd = Svd.Decompose(a);
        Matrix weighted = svd.U.TransposeMultiply(b);
        int rank = svd.SingularValues.ToArray().Count(value => value > 1e-11 * svd.SingularValues[0]);
        for (int k = 0; k < weighted.Rows; k++)
        {
            VectorOperations.Scale(weighted.Row(k), k < rank ? 1 / svd.SingularValues[k] : 0);
        }

        double condition = rank == 0 ? 1 : svd.SingularValues[0] / svd.SingularValues[rank - 1];
        MatrixAssert.Close(svd.V.Multiply(weighted), x, 1e-13 * condition * condition);
    }

    [Property]
    public void Least_squares_leaves_a_residual_orthogonal_to_the_range(AnyMatrix sample)
    {
        if (sample.Kind is not "huge" and not "tiny")
        {
            Matrix a = sample.Value;
            Matrix b = MatrixSamples.Gaussian(a.Rows, 2, new Random(a.Columns));
            Matrix x = LeastSquares.Solve(a, b);
            double size = a.FrobeniusNorm() * ((a.FrobeniusNorm() * x.FrobeniusNorm()) + b.FrobeniusNorm());
            Assert.True(a.TransposeMultiply(a.Multiply(x).Subtract(b)).MaxMagnitude() <= 1e-13 * size);
        }
    }

    [Fact]
    public void Least_squares_keeps_badly_scaled_solutions()
    {
        Matrix x = LeastSquares.Solve(MatrixSamples.Diagonal(2e-200, 4e-200), Matrix.FromArray(new[,] { { 1e100 }, { 1e100 } }));
        MatrixAssert.RelativelyClose([5e299, 2.5e299], x.Column(0), 1e-14);
        Assert.Throws<LinearAlgebraException>(() =>
            LeastSquares.Solve(MatrixSamples.Diagonal(1e-200), Matrix.FromArray(new[,] { { 1e200 } })));
    }

    [Fact]
    public void Bad_input_is_refused()
    {
        Matrix a = Matrix.Identity(2);
        Matrix bad = Matrix.FromArray(new[,] { { 1, 0 }, { 0, double.NaN } });
        Assert.Throws<LinearAlgebraException>(() => PivotedQr.Factor(bad));
        Assert.Throws<LinearAlgebraException>(() => PivotedQr.Factor(a).Q(3));
        Assert.Throws<LinearAlgebraException>(() => PivotedCholesky.Decompose(bad));
        Assert.Throws<LinearAlgebraException>(() => PivotedCholesky.Decompose(a, double.NaN));
        Assert.Throws<LinearAlgebraException>(() => PivotedCholesky.Decompose(a).Solve(new Matrix(3, 1)));
        Assert.Throws<LinearAlgebraException>(() => PivotedCholesky.Decompose(a).Solve(bad));
        Assert.Throws<LinearAlgebraException>(() => LeastSquares.Solve(a, new Matrix(3, 1)));
        Assert.Throws<LinearAlgebraException>(() => LeastSquares.Solve(bad, a));
        Assert.Throws<LinearAlgebraException>(() => LeastSquares.Solve(a, bad));
        Assert.Throws<LinearAlgebraException>(() => LeastSquares.Solve(a, a, -1));
    }

    private static Matrix Semidefinite(AnyMatrix sample)
    {
        Matrix a = sample.Value.Clone();
        a.ScaleToExponent(sample.Kind == "tiny" ? -500 : sample.Kind == "huge" ? 500 : 0);
        return a.TransposeMultiply(a);
    }

    private static Matrix Permuted(Matrix a, ReadOnlySpan<int> permutation)
    {
        Matrix result = new(a.Rows, a.Columns);
        for (int i = 0; i < a.Rows; i++)
        {
            for (int j = 0; j < a.Columns; j++)
            {
                result[i, j] = a[i, permutation[j]];
            }
        }

        return result;
    }
}
