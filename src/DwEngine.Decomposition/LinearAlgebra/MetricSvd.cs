namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>
/// The singular value decomposition under metrics of the rows and the columns (the GSVD in the first sense; M. Greenacre, "Theory and
/// Applications of Correspondence Analysis", 1984, appendix A): A ~ U diag(S) V^T with U^T M U = I and V^T N V = I.
/// </summary>
/// <remarks>
/// For every k its leading k triplets minimise || M^1/2 (A - X) N^1/2 ||_F over all X of rank k. M and N may be singular: directions
/// whose eigenvalue is at most the tolerance times the largest one are taken as null, have no part in U and V, and what A does there costs
/// nothing. For regular metrics U diag(S) V^T is A.
/// </remarks>
public sealed class MetricSvd
{
    /// <summary>The default tolerance: eigenvalues below 1e-12 of the largest are taken as zero.</summary>
    public const double DefaultTolerance = 1e-12;

    private readonly double[] _singularValues;

    private MetricSvd(Matrix u, double[] singularValues, Matrix v)
    {
        U = u;
        V = v;
        _singularValues = singularValues;
    }

    /// <summary>Left vectors, m x r with r = min(rank M, rank N): orthonormal under M and in its range.</summary>
    public Matrix U { get; }

    /// <summary>Singular values in descending order, r of them.</summary>
    public ReadOnlySpan<double> SingularValues => _singularValues;

    /// <summary>Right vectors, n x r: orthonormal under N and in its range.</summary>
    public Matrix V { get; }

    /// <summary>Decomposes <paramref name="matrix"/>, which is not changed.</summary>
    /// <param name="matrix">A, m x n.</param>
    /// <param name="rowMetric">M, m x m, symmetric positive semidefinite; null for the identity.</param>
    /// <param name="columnMetric">N, n x n, symmetric positive semidefinite; null for the identity.</param>
    /// <param name="relativeTolerance">Eigenvalues of a metric up to this times its largest one count as zero.</param>
    /// <exception cref="LinearAlgebraException">
    /// Sizes do not fit, a metric is not symmetric or has a negative eigenvalue beyond the tolerance, or something is NaN or infinite.
    /// </exception>
    public static MetricSvd Decompose(
        Matrix matrix, Matrix? rowMetric, Matrix? columnMetric, double relativeTolerance = DefaultTolerance)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        matrix.RequireFinite("The matrix to decompose");
        SemidefiniteRoot? rows = rowMetric is null ? null : SemidefiniteRoot.Of(rowMetric, matrix.Rows, relativeTolerance);
        SemidefiniteRoot? columns = columnMetric is null ? null : SemidefiniteRoot.Of(columnMetric, matrix.Columns, relativeTolerance);

        // With M = F^T F and N = H^T H this is the SVD of F A H^T; the pseudo inverses of F and H lead back into the ranges of M and N.
        Matrix weighted = rows is null ? matrix : rows.Root.Multiply(matrix);
        weighted = columns is null ? weighted : weighted.MultiplyTranspose(columns.Root);
        Svd svd = Svd.Decompose(weighted);
        Matrix u = rows is null ? svd.U : rows.PseudoInverse.Multiply(svd.U);
        Matrix v = columns is null ? svd.V : columns.PseudoInverse.Multiply(svd.V);
        return new MetricSvd(u, svd.SingularValues.ToArray(), v);
    }
}
