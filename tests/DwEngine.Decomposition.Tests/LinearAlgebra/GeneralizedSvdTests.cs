using DwEngine.Decomposition.LinearAlgebra;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Decomposition.Tests.LinearAlgebra;

/// <summary>The GSVD in both senses: under metrics, and of a pair.</summary>
[Properties(Arbitrary = [typeof(MatrixSamples)], MaxTest = 100)]
public class GeneralizedSvdTests
{
    [Theory]
    [InlineData(6, 4, 6, 4)]
    [InlineData(4, 7, 4, 7)]
    [InlineData(6, 5, 3, 5)]
    [InlineData(6, 5, 6, 2)]
    [InlineData(5, 6, 2, 3)]
    [InlineData(5, 6, 0, 3)]
    [InlineData(1, 6, 1, 2)]
    [InlineData(6, 1, 4, 1)]
    public void Metric_vectors_are_orthonormal_and_restore_the_matrix_on_the_ranges(int m, int n, int rowRank, int columnRank)
    {
        Random random = new(m + n);
        Matrix a = MatrixSamples.Gaussian(m, n, random);
        Matrix rowMetric = Metric(m, rowRank, random);
        Matrix columnMetric = Metric(n, columnRank, random);
        MetricSvd svd = MetricSvd.Decompose(a, rowMetric, columnMetric);
        Assert.Equal(Math.Min(rowRank, columnRank), svd.SingularValues.Length);
        MatrixAssert.Descending(svd.SingularValues);
        MatrixAssert.OrthonormalColumns(svd.U, rowMetric, 1e-11);
        MatrixAssert.OrthonormalColumns(svd.V, columnMetric, 1e-11);

        // M (A - U S V^T) N = 0: what is left lies in the null spaces.
        Matrix rest = a.Subtract(Product(svd, svd.SingularValues.Length));
        Assert.True(rowMetric.Multiply(rest).Multiply(columnMetric).MaxMagnitude() <= 1e-10);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Leading_metric_triplets_are_the_best_approximation(int rank)
    {
        Random random = new(rank);
        Matrix a = MatrixSamples.Gaussian(6, 5, random);
        Matrix rowMetric = Metric(6, 5, random);
        Matrix columnMetric = Metric(5, 4, random);
        MetricSvd svd = MetricSvd.Decompose(a, rowMetric, columnMetric);
        double best = Cost(a.Subtract(Product(svd, rank)), rowMetric, columnMetric);
        double tail = svd.SingularValues[rank..].ToArray().Sum(value => value * value);
        Assert.Equal(tail, best, 1e-9);

        // Neither the plain SVD nor a nearby matrix of the same rank does better.
        Assert.True(Cost(a.Subtract(Svd.Decompose(a).Reconstruct(rank)), rowMetric, columnMetric) >= best);
        for (int trial = 0; trial < 20; trial++)
        {
            Matrix near = Product(svd, rank);
            MatrixProduct.Add(near, MatrixSamples.Gaussian(6, 1, random), false, MatrixSamples.Gaussian(1, 5, random), false);
            Assert.True(Cost(a.Subtract(Svd.Decompose(near).Reconstruct(rank)), rowMetric, columnMetric) >= best * (1 - 1e-12));
        }
    }

    [Property]
    public void Without_metrics_it_is_the_plain_svd(AnyMatrix sample)
    {
        Svd expected = Svd.Decompose(sample.Value);
        MetricSvd actual = MetricSvd.Decompose(sample.Value, null, null);
        Assert.True(expected.SingularValues.SequenceEqual(actual.SingularValues));
        MatrixAssert.Close(expected.SingularValues, MetricSvd.Decompose(
            sample.Value, Matrix.Identity(sample.Value.Rows), Matrix.Identity(sample.Value.Columns)).SingularValues, 1e-13);
    }

    [Fact]
    public void Bad_metrics_are_refused()
    {
        Matrix a = Matrix.Identity(2);
        Assert.Throws<LinearAlgebraException>(() => MetricSvd.Decompose(a, Matrix.Identity(3), null));
        Assert.Throws<LinearAlgebraException>(() => MetricSvd.Decompose(a, null, MatrixSamples.Diagonal(1, -1)));
        Assert.Throws<LinearAlgebraException>(() => MetricSvd.Decompose(a, MatrixSamples.Diagonal(1, double.NaN), null));
        Assert.Throws<LinearAlgebraException>(() => MetricSvd.Decompose(a, Matrix.FromArray(new double[,] { { 1, 0 }, { 1, 1 } }), null));
        Assert.Throws<LinearAlgebraException>(() => MetricSvd.Decompose(MatrixSamples.Diagonal(1, double.NaN), null, null));
        Assert.Throws<LinearAlgebraException>(() => MetricSvd.Decompose(a, a, null, 1));
    }

    [Property]
    public void Quotient_reconstructs_both_matrices(AnyMatrix first, AnyMatrix second, int seed)
    {
        Matrix a = first.Value.Clone();
        a.ScaleToExponent(0);
        Matrix b = WithColumns(second.Value, a.Columns, new Random(seed));
        CheckQuotient(a, b);
    }

    [Theory]
    [InlineData(5, 4, 6, 6)]
    [InlineData(2, 3, 6, 5)]
    [InlineData(3, 2, 6, 2)]
    [InlineData(1, 1, 4, 2)]
    [InlineData(0, 3, 4, 3)]
    [InlineData(3, 0, 4, 3)]
    [InlineData(7, 7, 4, 0)]
    public void Quotient_handles_stacks_of_any_rank(int m, int p, int n, int rank)
    {
        Random random = new(rank);
        Matrix shared = MatrixSamples.Gaussian(rank, n, random);
        Matrix a = MatrixSamples.Gaussian(m, rank, random).Multiply(shared);
        Matrix b = MatrixSamples.Gaussian(p, rank, random).Multiply(shared);
        Assert.Equal(Math.Min(rank, m + p), CheckQuotient(a, b).Rank);
    }

    [Fact]
    public void Quotient_finds_known_generalized_singular_values()
    {
        // A = Q1 diag(c) Y, B = Q2 diag(s) Y for any regular Y has the generalised singular values c / s.
        Random random = new(9);
        double[] sines = [1e-12, 1e-9, 1e-5, 0.3, Math.Sqrt(0.5), 0.9, 1];
        Matrix y = MatrixSamples.Gaussian(7, 7, random);
        Matrix c = MatrixSamples.Diagonal([.. sines.Select(s => Math.Sqrt((1 - s) * (1 + s)))]);
        Matrix a = MatrixSamples.Orthogonal(7, random).Multiply(c).Multiply(y);
        Matrix b = MatrixSamples.Orthogonal(7, random).Multiply(MatrixSamples.Diagonal(sines)).Multiply(y);
        QuotientSvd quotient = CheckQuotient(a, b);
        for (int i = 0; i < 7; i++)
        {
            Assert.Equal(sines[i], quotient.S[i], 1e-13);
            Assert.Equal(c[i, i], quotient.C[i], 1e-13);
        }
    }

    [Fact]
    public void Quotient_with_the_identity_gives_the_singular_values()
    {
        Matrix a = MatrixSamples.Gaussian(6, 4, new Random(2));
        QuotientSvd quotient = CheckQuotient(a, Matrix.Identity(4));
        double[] actual = [.. Enumerable.Range(0, 4).Select(i => quotient.C[i] / quotient.S[i])];
        MatrixAssert.RelativelyClose(Svd.Decompose(a).SingularValues, actual, 1e-13);
    }

    [Fact]
    public void Bad_pairs_are_refused()
    {
        Assert.Throws<LinearAlgebraException>(() => QuotientSvd.Decompose(new Matrix(2, 3), new Matrix(3, 2)));
        Assert.Throws<LinearAlgebraException>(() => QuotientSvd.Decompose(Matrix.Identity(2), MatrixSamples.Diagonal(1, double.NaN)));
        Assert.Throws<LinearAlgebraException>(() => QuotientSvd.Decompose(Matrix.Identity(2), Matrix.Identity(2), double.NaN));
    }

    private static QuotientSvd CheckQuotient(Matrix a, Matrix b)
    {
        QuotientSvd q = QuotientSvd.Decompose(a, b);
        int k = q.Rank;
        Assert.Equal((Math.Min(a.Rows, k), Math.Min(b.Rows, k), k), (q.U.Columns, q.V.Columns, q.X.Columns));
        MatrixAssert.OrthonormalColumns(q.U);
        MatrixAssert.OrthonormalColumns(q.V);
        MatrixAssert.Descending(q.C);
        MatrixAssert.Descending([.. q.S.ToArray().Reverse()]);
        Matrix cosines = new(q.U.Columns, k);
        Matrix sines = new(q.V.Columns, k);
        for (int i = 0; i < k; i++)
        {
            Assert.Equal(1, (q.C[i] * q.C[i]) + (q.S[i] * q.S[i]), 1e-14);
            int row = i - (k - sines.Rows);
            if (i < cosines.Rows)
            {
                cosines[i, i] = q.C[i];
            }
            else
            {
                Assert.Equal(0, q.C[i]);
            }

            if (row >= 0)
            {
                sines[row, i] = q.S[i];
            }
            else
            {
                Assert.Equal(0, q.S[i]);
            }
        }

        double allowed = 1e-13 * Math.Max(a.FrobeniusNorm(), b.FrobeniusNorm());
        Assert.True(q.U.Multiply(cosines).MultiplyTranspose(q.X).Subtract(a).MaxMagnitude() <= allowed);
        Assert.True(q.V.Multiply(sines).MultiplyTranspose(q.X).Subtract(b).MaxMagnitude() <= allowed);
        return q;
    }

    private static Matrix WithColumns(Matrix source, int columns, Random random)
    {
        Matrix result = source.Multiply(MatrixSamples.Gaussian(source.Columns, columns, random));
        result.ScaleToExponent(0);
        return result;
    }

    private static Matrix Metric(int size, int rank, Random random)
    {
        Matrix factor = MatrixSamples.Gaussian(rank, size, random);
        return factor.TransposeMultiply(factor);
    }

    private static Matrix Product(MetricSvd svd, int rank)
    {
        Matrix left = svd.U.Block(0, 0, svd.U.Rows, rank).Multiply(MatrixSamples.Diagonal(svd.SingularValues[..rank]));
        return left.MultiplyTranspose(svd.V.Block(0, 0, svd.V.Rows, rank));
    }

    // trace(D^T M D N), the squared norm under the metrics.
    private static double Cost(Matrix d, Matrix rowMetric, Matrix columnMetric)
    {
        Matrix left = rowMetric.Multiply(d).Multiply(columnMetric);
        return VectorOperations.Dot(left.Values, d.Values);
    }
}
