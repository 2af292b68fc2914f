using DwEngine.Decomposition.LinearAlgebra;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Decomposition.Tests.LinearAlgebra;

/// <summary>Products and solvers at sizes of several blocks, with any number of threads.</summary>
public class BlockedSolverTests
{
    public static TheoryData<int, int> SizesAndRanks => new()
    {
        { 63, 63 }, { 64, 64 }, { 65, 65 }, { 129, 64 }, { 150, 100 }, { 200, 1 }, { 257, 200 },
    };

    [Theory]
    [MemberData(nameof(SizesAndRanks))]
    public void Cholesky_factors_and_finds_the_rank(int size, int rank)
    {
        Matrix a = Semidefinite(size, rank);
        PivotedCholesky cholesky = PivotedCholesky.Decompose(a, 1e-12, 3);
        Assert.Equal(rank, cholesky.Rank);
        Matrix factor = cholesky.Factor;
        MatrixAssert.Close(Permuted(a, cholesky.Permutation), factor.TransposeMultiply(factor), 1e-12);
        for (int k = 1; k < rank; k++)
        {
            Assert.InRange(factor[k, k], 0, factor[k - 1, k - 1] * (1 + 1e-9));
            Assert.Equal(-1, factor.Row(k)[..k].IndexOfAnyExcept(0.0));
        }
    }

    [Theory]
    [MemberData(nameof(SizesAndRanks))]
    public void Cholesky_solves_with_the_same_bits_on_any_number_of_threads(int size, int rank)
    {
        Matrix a = Semidefinite(size, rank);
        Matrix b = a.Multiply(MatrixSamples.Gaussian(size, 70, new Random(1)));
        Matrix expected = PivotedCholesky.Decompose(a, 1e-12).Solve(b);
        Assert.True(a.Multiply(expected).Subtract(b).MaxMagnitude() <= 1e-6 * b.MaxMagnitude());
        Assert.All(new[] { 2, 5 }, threads =>
            Assert.True(expected.Values.SequenceEqual(PivotedCholesky.Decompose(a, 1e-12, threads).Solve(b).Values)));
    }

    [Theory]
    [InlineData(70, 69)]
    [InlineData(150, 10)]
    public void Cholesky_refuses_a_matrix_that_is_indefinite_beyond_its_first_pivots(int size, int positive)
    {
        Matrix directions = MatrixSamples.Orthogonal(size, new Random(size));
        Matrix a = directions.Clone();
        for (int row = 0; row < size; row++)
        {
            for (int k = 0; k < size; k++)
            {
                a[row, k] *= k < positive ? 1 : -0.1;
            }
        }

        LinearAlgebraException error =
            Assert.Throws<LinearAlgebraException>(() => PivotedCholesky.Decompose(a.MultiplyTranspose(directions), 1e-12, 2));
        Assert.Contains("Not positive semidefinite", error.Message);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(64, 5)]
    [InlineData(200, 33)]
    public void Triangular_systems_are_solved(int size, int rightSides)
    {
        Random random = new(size);
        Matrix upper = MatrixSamples.Gaussian(size, size, random);
        for (int i = 0; i < size; i++)
        {
            upper.Row(i)[..i].Clear();
            VectorOperations.Scale(upper.Row(i)[i..], 0.1);
            upper[i, i] = 2;
        }

        Matrix expected = MatrixSamples.Gaussian(size, rightSides, random);
        Matrix x = upper.Multiply(expected);
        Triangular.Solve(upper, x, 2);
        MatrixAssert.Close(expected, x, 1e-10);
        x = upper.TransposeMultiply(expected);
        Triangular.SolveTransposed(upper, x, 2);
        MatrixAssert.Close(expected, x, 1e-10);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Product_of_parts_is_the_product_of_copies(int threads)
    {
        Random random = new(threads);
        Matrix whole = MatrixSamples.Gaussian(700, 90, random);
        Matrix before = whole.Clone();
        MatrixPart left = new(whole, 0, 0, 300, 20), right = MatrixPart.OfRows(whole, 650, 20), target = new(whole, 310, 0, 300, 90);
        MatrixProduct.AddScaled(target, -2, left, false, right, false, threads);
        Matrix expected = before.Block(310, 0, 300, 90);
        MatrixProduct.AddScaled(expected, -2, before.Block(0, 0, 300, 20), false, before.Block(650, 0, 20, 90), false, 1);
        Assert.True(expected.Values.SequenceEqual(whole.Block(310, 0, 300, 90).Values));
        Assert.True(before.Block(0, 0, 310, 90).Values.SequenceEqual(whole.Block(0, 0, 310, 90).Values));
        Assert.True(before.Block(610, 0, 90, 90).Values.SequenceEqual(whole.Block(610, 0, 90, 90).Values));
        Assert.Throws<LinearAlgebraException>(
            () => MatrixProduct.AddScaled(target, 1, left with { Row = 11 }, false, right, false, threads));
    }

    [Property(MaxTest = 200)]
    public void Held_targets_are_those_of_each_number(NormalFloat low, NonNegativeInt width, PositiveInt length)
    {
        double high = low.Get + (width.Get / 4.0);
        Random random = new(length.Get);
        double[] values = [low.Get, high, 0, low.Get - 1, high + 1];
        double[] x = Numbers(), y = Numbers(), expectedX = [.. x], expectedY = [.. y];
        for (int i = 0; i < x.Length; i++)
        {
            expectedY[i] = y[i] <= low.Get ? Math.Min(x[i], low.Get) : y[i] >= high ? Math.Max(x[i], high) : y[i];
            expectedX[i] = expectedY[i] - x[i];
        }

        VectorOperations.HoldBeyond(low.Get, high, y, x);
        Assert.Equal(expectedY, y);
        Assert.Equal(expectedX, x);

        double[] Numbers() =>
        [
            .. Enumerable.Range(0, length.Get % 40)
                .Select(_ => random.Next(3) == 0 ? values[random.Next(values.Length)] : random.NextDouble() - 0.5),
        ];
    }

    private static Matrix Semidefinite(int size, int rank)
    {
        Matrix factor = MatrixSamples.Gaussian(rank, size, new Random(size + rank));
        return factor.TransposeMultiply(factor);
    }

    private static Matrix Permuted(Matrix a, ReadOnlySpan<int> permutation)
    {
        Matrix result = new(a.Rows, a.Columns);
        for (int i = 0; i < a.Rows; i++)
        {
            for (int j = 0; j < a.Columns; j++)
            {
                result[i, j] = a[permutation[i], permutation[j]];
            }
        }

        return result;
    }
}
