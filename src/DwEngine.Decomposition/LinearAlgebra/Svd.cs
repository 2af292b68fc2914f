namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>
/// The singular value decomposition A = U diag(S) V^T by one-sided Jacobi rotations after two pivoted QR factorisations
/// (Z. Drmac and K. Veselic, "New fast and accurate Jacobi SVD algorithm I, II", SIAM J. Matrix Anal. Appl. 29, 2008).
/// The first factorisation makes a tall or wide matrix square, the second makes the rotations converge in a few sweeps.
/// </summary>
/// <remarks>
/// Where A = B D or A = D B with diagonal D and a well-conditioned B, even the smallest singular values have a small relative error,
/// however large the condition number of A; for any A the error is a small multiple of the rounding unit times the largest one. Singular
/// values below about 1e-290 of the largest are returned as zero. The largest entry (the first among equals) of each column of V is
/// positive.
/// </remarks>
public sealed class Svd
{
    private readonly double[] _singularValues;

    private Svd(Matrix u, double[] singularValues, Matrix v)
    {
        U = u;
        V = v;
        _singularValues = singularValues;
    }

    /// <summary>Left singular vectors, m x r with r = min(m, n): orthonormal columns, also for a singular value of zero.</summary>
    public Matrix U { get; }

    /// <summary>Singular values in descending order, r of them.</summary>
    public ReadOnlySpan<double> SingularValues => _singularValues;

    /// <summary>Right singular vectors, n x r: orthonormal columns, also for a singular value of zero.</summary>
    public Matrix V { get; }

    /// <summary>Decomposes <paramref name="matrix"/> (m x n, any sizes, zero included), which is not changed.</summary>
    /// <exception cref="LinearAlgebraException">
    /// The matrix holds a NaN or an infinity, or its largest singular value is beyond the range of double.
    /// </exception>
    public static Svd Decompose(Matrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        matrix.RequireFinite("The matrix to decompose");
        if (matrix.Rows >= matrix.Columns)
        {
            (Matrix left, double[] values, Matrix right) = DecomposeTall(matrix.Clone());
            return Finish(left, values, right);
        }
        else
        {
            (Matrix right, double[] values, Matrix left) = DecomposeTall(matrix.Transpose());
            return Finish(left, values, right);
        }
    }

    /// <summary>The best approximation of the given rank (Eckart and Young): m x n.</summary>
    /// <param name="rank">0 to r.</param>
    /// <exception cref="LinearAlgebraException">The rank is negative or above r.</exception>
    public Matrix Reconstruct(int rank)
    {
        Matrix scaled = U.Block(0, 0, U.Rows, rank);
        for (int i = 0; i < scaled.Rows; i++)
        {
            for (int k = 0; k < rank; k++)
            {
                scaled[i, k] *= _singularValues[k];
            }
        }

        return scaled.MultiplyTranspose(V.Block(0, 0, V.Rows, rank));
    }

    // m >= n. Returns the singular vectors as rows. The matrix is overwritten.
    private static (Matrix Left, double[] Values, Matrix Right) DecomposeTall(Matrix a)
    {
        int shift = a.ScaleToExponent(PivotedQr.WorkingExponent);
        int[] rowOrder = OrderByMagnitude(a);

        // A P = Q R, then R^T P1 = Q1 R1, then J R1 = diag(S) W^T: A = (Q P1 W) diag(S) (P Q1 J^T)^T.
        PivotedQr first = PivotedQr.FactorColumns(TransposeRows(a, rowOrder));
        PivotedQr second = PivotedQr.FactorColumns(first.R(first.ExactRank));
        Matrix x = second.R(second.ExactRank);
        Matrix rotations = Matrix.Identity(x.Rows);
        OneSidedJacobi.OrthogonaliseRows(x, rotations);

        (double[] norms, int[] order, int rank) = SortRows(x);
        Matrix w = NormaliseRows(x, norms, order, rank);
        double[] values = new double[a.Columns];
        Matrix left = new(a.Columns, a.Rows);
        Matrix right = new(a.Columns, a.Columns);
        for (int k = 0; k < a.Columns; k++)
        {
            if (k < order.Length)
            {
                values[k] = k < rank ? Math.ScaleB(norms[order[k]], -shift) : 0;
                Scatter(w.Row(k), second.Permutation, left.Row(k));
                rotations.Row(order[k]).CopyTo(right.Row(k));
            }
            else
            {
                left[k, k] = right[k, k] = 1;
            }
        }

        first.ApplyQ(left);
        second.ApplyQ(right);
        PermuteColumns(left, rowOrder);
        PermuteColumns(right, first.Permutation);
        return (left, values, right);
    }

    private static Svd Finish(Matrix left, double[] values, Matrix right)
    {
        if (values.Length > 0 && !double.IsFinite(values[0]))
        {
            throw new LinearAlgebraException("The largest singular value is beyond the range of double precision.");
        }

        for (int k = 0; k < values.Length; k++)
        {
            Span<double> vector = right.Row(k);
            if (vector[VectorOperations.IndexOfLargestMagnitude(vector)] < 0)
            {
                VectorOperations.Scale(vector, -1);
                VectorOperations.Scale(left.Row(k), -1);
            }
        }

        return new Svd(left.Transpose(), values, right.Transpose());
    }

    // Rows in descending order of their largest entries: without it QR loses the relative accuracy of small rows
    // (A. J. Cox and N. J. Higham, "Stability of Householder QR factorization for weighted least squares problems", 1998).
    private static int[] OrderByMagnitude(Matrix a)
    {
        double[] keys = new double[a.Rows];
        for (int i = 0; i < a.Rows && a.Columns > 0; i++)
        {
            ReadOnlySpan<double> row = a.Row(i);
            keys[i] = Math.Abs(row[VectorOperations.IndexOfLargestMagnitude(row)]);
        }

        return [.. Enumerable.Range(0, a.Rows).OrderByDescending(i => keys[i])];
    }

    private static Matrix TransposeRows(Matrix a, int[] rowOrder)
    {
        Matrix ordered = new(a.Rows, a.Columns);
        for (int i = 0; i < a.Rows; i++)
        {
            a.Row(rowOrder[i]).CopyTo(ordered.Row(i));
        }

        return ordered.Transpose();
    }

    // The rows of x by descending norm, and how many of these norms are not zero.
    private static (double[] Norms, int[] Order, int Rank) SortRows(Matrix x)
    {
        double[] norms = new double[x.Rows];
        for (int i = 0; i < x.Rows; i++)
        {
            norms[i] = Math.Sqrt(VectorOperations.Dot(x.Row(i), x.Row(i)));
        }

        int[] order = [.. Enumerable.Range(0, x.Rows).OrderByDescending(i => norms[i])];
        return (norms, order, norms.Count(norm => norm >= PivotedQr.ZeroNorm));
    }

    // Orthonormal rows: the first `rank` are rows of x, any others complete them.
    private static Matrix NormaliseRows(Matrix x, double[] norms, int[] order, int rank)
    {
        Matrix result = new(x.Rows, x.Columns);
        for (int k = 0; k < rank; k++)
        {
            x.Row(order[k]).CopyTo(result.Row(k));
            VectorOperations.Scale(result.Row(k), 1 / norms[order[k]]);
        }

        if (rank < x.Rows)
        {
            Matrix completion = PivotedQr.FactorColumns(result.Block(0, 0, rank, x.Columns), pivot: false).Q(x.Rows).Transpose();
            completion.Values[(rank * x.Columns)..].CopyTo(result.Values[(rank * x.Columns)..]);
        }

        return result;
    }

    // target[positions[i]] = source[i].
    private static void Scatter(ReadOnlySpan<double> source, ReadOnlySpan<int> positions, Span<double> target)
    {
        for (int i = 0; i < source.Length; i++)
        {
            target[positions[i]] = source[i];
        }
    }

    private static void PermuteColumns(Matrix matrix, ReadOnlySpan<int> positions)
    {
        double[] copy = new double[matrix.Columns];
        for (int i = 0; i < matrix.Rows; i++)
        {
            matrix.Row(i).CopyTo(copy);
            Scatter(copy, positions, matrix.Row(i));
        }
    }
}
