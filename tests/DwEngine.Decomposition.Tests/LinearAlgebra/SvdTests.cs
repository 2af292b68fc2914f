using DwEngine.Decomposition.LinearAlgebra;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Decomposition.Tests.LinearAlgebra;

[Properties(Arbitrary = [typeof(MatrixSamples)], MaxTest = 100)]
public class SvdTests
{
    [Property]
    public void Reconstructs_with_orthonormal_factors_in_order(AnyMatrix sample)
    {
        Matrix a = sample.Value;
        Svd svd = Svd.Decompose(a);
        int r = Math.Min(a.Rows, a.Columns);
        Assert.Equal((a.Rows, r, a.Columns, r, r), (svd.U.Rows, svd.U.Columns, svd.V.Rows, svd.V.Columns, svd.SingularValues.Length));
        MatrixAssert.Descending(svd.SingularValues);
        MatrixAssert.OrthonormalColumns(svd.U);
        MatrixAssert.OrthonormalColumns(svd.V);
        MatrixAssert.Close(a, svd.Reconstruct(r), 1e-13);
        Assert.All(svd.SingularValues.ToArray(), value => Assert.True(value >= 0));
    }

    [Property]
    public void Agrees_with_MathNet(AnyMatrix sample)
    {
        Matrix a = sample.Value;
        if (a.Values.Length > 0 && sample.Kind is not "huge" and not "tiny")
        {
            double[] expected = [.. MatrixSamples.ToMathNet(a).Svd(computeVectors: false).S];
            MatrixAssert.Close(expected, Svd.Decompose(a).SingularValues, 1e-13);
        }
    }

    [Property]
    public void Transposing_exchanges_the_factors(AnyMatrix sample)
    {
        ReadOnlySpan<double> values = Svd.Decompose(sample.Value).SingularValues;
        ReadOnlySpan<double> transposed = Svd.Decompose(sample.Value.Transpose()).SingularValues;
        MatrixAssert.Close(values, transposed, 1e-14);
    }

    [Property]
    public void Largest_entry_of_each_right_vector_is_positive(AnyMatrix sample)
    {
        Svd svd = Svd.Decompose(sample.Value);
        for (int k = 0; k < svd.V.Columns; k++)
        {
            double[] vector = svd.V.Column(k);
            Assert.True(vector[VectorOperations.IndexOfLargestMagnitude(vector)] > 0);
        }
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(4, false)]
    public void Small_singular_values_of_graded_matrices_are_relatively_accurate(int seed, bool gradeColumns)
    {
        // Grades of 1 to 1e-12 (and far beyond) in random order on a well-conditioned matrix.
        Random random = new(seed);
        Matrix a = MatrixSamples.Gaussian(14, 9, random);
        for (int i = 0; i < a.Rows; i++)
        {
            for (int j = 0; j < a.Columns; j++)
            {
                int grade = gradeColumns ? j * 5 % 9 : i * 9 % 14;
                a[i, j] *= Math.Pow(10, seed % 2 == 0 ? -1.5 * grade : -6 * grade);
            }
        }

        double[] expected = DoubleDouble.SingularValues(a);
        Assert.True(expected[0] > 1e12 * expected[^1]);
        MatrixAssert.RelativelyClose(expected, Svd.Decompose(a).SingularValues, 1e-13);
    }

    [Fact]
    public void Scaled_hadamard_matrix_gives_its_scales_exactly()
    {
        // Orthogonal columns with entries +-1/4, times powers of two that span 2^-600 to 1: the singular values are these powers.
        Matrix a = new(16, 16);
        for (int i = 0; i < 16; i++)
        {
            for (int j = 0; j < 16; j++)
            {
                double sign = int.PopCount(i & j) % 2 == 0 ? 0.25 : -0.25;
                a[i, j] = Math.ScaleB(sign, -40 * (j * 7 % 16));
            }
        }

        double[] expected = [.. Enumerable.Range(0, 16).Select(k => Math.ScaleB(1, -40 * k))];
        MatrixAssert.RelativelyClose(expected, Svd.Decompose(a).SingularValues, 1e-14);
        MatrixAssert.RelativelyClose(expected, Svd.Decompose(a.Transpose()).SingularValues, 1e-14);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(10)]
    public void Hilbert_matrix_is_accurate_to_its_rounding(int size)
    {
        Matrix hilbert = MatrixSamples.Hilbert(size);
        double[] expected = DoubleDouble.SingularValues(hilbert);
        ReadOnlySpan<double> actual = Svd.Decompose(hilbert).SingularValues;
        MatrixAssert.Close(expected, actual, 1e-15);
        MatrixAssert.RelativelyClose(expected.AsSpan(..(size / 2)), actual[..(size / 2)], 1e-11);
    }

    [Theory]
    [InlineData(10, 1.2)]
    [InlineData(30, 0.9)]
    [InlineData(40, 1.2)]
    public void Kahan_matrix_is_accurate(int size, double angle)
    {
        Matrix kahan = MatrixSamples.Kahan(size, angle);
        double[] expected = DoubleDouble.SingularValues(kahan);
        ReadOnlySpan<double> actual = Svd.Decompose(kahan).SingularValues;
        MatrixAssert.Close(expected, actual, 1e-14);
        double conditionOfRows = kahan.Rows * Math.Pow(1 + Math.Cos(angle), size - 1);
        MatrixAssert.RelativelyClose(expected, actual, 1e-15 * Math.Max(10, conditionOfRows));
    }

    [Theory]
    [InlineData(1e300, 1e20)]
    [InlineData(1e-20, 1e-300)]
    [InlineData(1e-300, 1e-306)]
    [InlineData(1e300, 1e300)]
    public void Entries_near_the_limits_of_the_range_are_kept(double large, double small)
    {
        Matrix a = Matrix.FromArray(new[,] { { 0, small }, { 0, 0 }, { large, 0 } });
        MatrixAssert.RelativelyClose([large, small], Svd.Decompose(a).SingularValues, 1e-15);
    }

    [Fact]
    public void More_than_the_supported_range_becomes_zero()
    {
        Svd svd = Svd.Decompose(MatrixSamples.Diagonal(1e300, 1e-300));
        Assert.Equal([1e300, 0], svd.SingularValues.ToArray());
        MatrixAssert.OrthonormalColumns(svd.U);
    }

    [Fact]
    public void Zero_matrix_has_zero_values_and_orthonormal_vectors()
    {
        Svd svd = Svd.Decompose(new Matrix(4, 3));
        Assert.Equal([0, 0, 0], svd.SingularValues.ToArray());
        MatrixAssert.OrthonormalColumns(svd.U);
        MatrixAssert.OrthonormalColumns(svd.V);
    }

    [Fact]
    public void Row_and_column_vectors_have_their_norm()
    {
        Svd row = Svd.Decompose(Matrix.FromArray(new double[,] { { 3, 0, -4 } }));
        Assert.Equal(5, row.SingularValues[0], 14);
        MatrixAssert.Close([-0.6, 0, 0.8], row.V.Column(0), 1e-15);
        MatrixAssert.Close([-1], row.U.Column(0), 1e-15);
        Svd column = Svd.Decompose(Matrix.FromArray(new double[,] { { 3 }, { 0 }, { -4 } }));
        MatrixAssert.Close([0.6, 0, -0.8], column.U.Column(0), 1e-15);
        Assert.Equal(1, column.V[0, 0]);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Not_a_number_is_refused_with_its_place(double bad)
    {
        Matrix a = Matrix.Identity(3);
        a[1, 2] = bad;
        LinearAlgebraException error = Assert.Throws<LinearAlgebraException>(() => Svd.Decompose(a));
        Assert.Contains("(1, 2)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Singular_value_beyond_double_is_refused()
    {
        Matrix a = new(4, 4);
        a.Values.Fill(double.MaxValue);
        Assert.Throws<LinearAlgebraException>(() => Svd.Decompose(a));
    }

    [Fact]
    public void Same_input_gives_same_bits()
    {
        Matrix a = MatrixSamples.Gaussian(20, 30, new Random(5));
        Svd first = Svd.Decompose(a);
        Svd second = Svd.Decompose(a.Clone());
        Assert.True(first.U.Values.SequenceEqual(second.U.Values));
        Assert.True(first.SingularValues.SequenceEqual(second.SingularValues));
        Assert.True(first.V.Values.SequenceEqual(second.V.Values));
    }

    [Fact]
    public void Reconstruction_of_lower_rank_leaves_the_remaining_energy()
    {
        Matrix a = MatrixSamples.Gaussian(12, 7, new Random(6));
        Svd svd = Svd.Decompose(a);
        for (int rank = 0; rank <= 7; rank++)
        {
            double expected = Math.Sqrt(svd.SingularValues[rank..].ToArray().Sum(value => value * value));
            Assert.Equal(expected, a.Subtract(svd.Reconstruct(rank)).FrobeniusNorm(), 12);
        }

        Assert.Throws<LinearAlgebraException>(() => svd.Reconstruct(8));
    }
}
