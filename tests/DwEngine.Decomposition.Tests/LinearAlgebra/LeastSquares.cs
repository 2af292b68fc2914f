using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition.Tests.LinearAlgebra;

/// <summary>
/// Linear least squares by a complete orthogonal decomposition: pivoted QR, and where the rank is below the number of columns a second QR
/// of the leading rows (G. H. Golub and C. F. Van Loan, "Matrix Computations", section 5.5).
/// </summary>
internal static class LeastSquares
{
    /// <summary>
    /// The X that minimises the Frobenius norm of A X - B, and among all such X the one of smallest norm.
    /// </summary>
    /// <param name="matrix">A, m x n, of any sizes and rank.</param>
    /// <param name="rightSides">B, m x k.</param>
    /// <param name="relativeTolerance">
    /// The rank is the number of diagonal entries of the QR factor above this times the first one; by default max(m, n) times the rounding
    /// unit.
    /// </param>
    /// <returns>X, n x k.</returns>
    /// <exception cref="LinearAlgebraException">
    /// The sizes do not fit, or a matrix holds a NaN or an infinity, or X is beyond the range of double.
    /// </exception>
    public static Matrix Solve(Matrix matrix, Matrix rightSides, double? relativeTolerance = null)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        ArgumentNullException.ThrowIfNull(rightSides);
        if (matrix.Rows != rightSides.Rows)
        {
            throw new LinearAlgebraException(
                $"Right sides of {rightSides.Describe()} for a {matrix.Describe()} matrix; the rows must agree.");
        }

        double tolerance = relativeTolerance ?? Precision.RankTolerance(matrix.Rows, matrix.Columns);
        Precision.RequireTolerance(tolerance);
        matrix.RequireFinite("The matrix of the least squares problem");
        rightSides.RequireFinite("The right side");

        // Both sides are scaled to entries near 1, so that neither substitution nor inner products leave the range on the way.
        Matrix columns = matrix.Transpose();
        Matrix rows = rightSides.Transpose();
        int shift = columns.ScaleToExponent(0) - rows.ScaleToExponent(0);
        PivotedQr qr = PivotedQr.FactorColumns(columns);
        qr.ApplyTransposedQ(rows);
        int rank = qr.Rank(tolerance);
        Matrix x = rank == matrix.Columns ? SolveFullRank(qr, rows) : SolveMinimumNorm(qr, rows, rank);

        Matrix result = new(matrix.Columns, rightSides.Columns);
        for (int i = 0; i < x.Columns; i++)
        {
            for (int k = 0; k < x.Rows; k++)
            {
                result[qr.Permutation[i], k] = Math.ScaleB(x[k, i], shift);
            }
        }

        result.RequireFinite("The solution of the least squares problem");
        return result;
    }

    // Both return the solution in the pivoted order, one right side in each row.
    private static Matrix SolveFullRank(PivotedQr qr, Matrix rotatedSides)
    {
        Matrix x = rotatedSides.Block(0, 0, rotatedSides.Rows, qr.Columns).Transpose();
        Triangular.Solve(qr.R(qr.Columns), x);
        return x.Transpose();
    }

    // R = (Q1 R1 P1^T)^T for the leading rows of R, so x = Q1 R1^-T P1^T b.
    private static Matrix SolveMinimumNorm(PivotedQr qr, Matrix rotatedSides, int rank)
    {
        PivotedQr second = PivotedQr.FactorColumns(qr.R(rank));
        Matrix z = new(rank, rotatedSides.Rows);
        for (int i = 0; i < rank; i++)
        {
            rotatedSides.Column(second.Permutation[i]).CopyTo(z.Row(i));
        }

        Triangular.SolveTransposed(second.R(rank), z);
        Matrix x = new(rotatedSides.Rows, qr.Columns);
        for (int k = 0; k < x.Rows; k++)
        {
            z.Column(k).CopyTo(x.Row(k));
        }

        second.ApplyQ(x);
        return x;
    }
}
