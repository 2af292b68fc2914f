namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>
/// The Cholesky factorisation of a positive semidefinite matrix with diagonal pivoting, P^T A P = R^T R with R upper trapezoidal of r rows
/// (N. J. Higham, "Analysis of the Cholesky decomposition of a semi-definite matrix", 1990). It reveals the rank r.
/// </summary>
public sealed class PivotedCholesky
{
    private readonly Matrix _factor;
    private readonly int[] _permutation;

    private PivotedCholesky(Matrix factor, int[] permutation)
    {
        _factor = factor;
        _permutation = permutation;
    }

    /// <summary>The number of rows and columns of A, n.</summary>
    public int Size => _permutation.Length;

    /// <summary>The number of pivots above the threshold, r.</summary>
    public int Rank => _factor.Rows;

    /// <summary>Row and column k of P^T A P are those of Permutation[k] in A.</summary>
    public ReadOnlySpan<int> Permutation => _permutation;

    /// <summary>A copy of the upper trapezoidal factor R, r x n, in the permuted order.</summary>
    public Matrix Factor => _factor.Clone();

    /// <summary>Factors a positive semidefinite matrix (n x n, n may be 0), which is not changed.</summary>
    /// <param name="matrix">The symmetric matrix.</param>
    /// <param name="relativeTolerance">
    /// Pivots up to this times the largest diagonal entry count as zero; by default n times the rounding unit.
    /// </param>
    /// <exception cref="LinearAlgebraException">
    /// The matrix is not symmetric, holds a NaN or an infinity, or is clearly not positive semidefinite.
    /// </exception>
    public static PivotedCholesky Decompose(Matrix matrix, double? relativeTolerance = null)
    {
        Matrix a = SymmetricEigen.RequireSymmetric(matrix);
        double tolerance = relativeTolerance ?? Precision.RankTolerance(a.Rows, a.Columns);
        Precision.RequireTolerance(tolerance);

        // An even shift has an exact square root.
        int shift = a.ScaleToExponent(0);
        if (shift % 2 != 0)
        {
            a.ScaleByPowerOfTwo(1);
            shift++;
        }

        int[] permutation = [.. Enumerable.Range(0, a.Rows)];
        int rank = Eliminate(a, permutation, tolerance);
        Matrix factor = a.Block(0, 0, rank, a.Columns);
        for (int k = 0; k < rank; k++)
        {
            factor.Row(k)[..k].Clear();
        }

        factor.ScaleByPowerOfTwo(-shift / 2);
        return new PivotedCholesky(factor, permutation);
    }

    /// <summary>
    /// Solves A X = B for several right sides. Where A is singular this is a basic solution, zero in the variables after the r first
    /// pivots: it satisfies all equations if they are consistent, as normal equations are.
    /// </summary>
    /// <param name="rightSides">B, n x k.</param>
    /// <returns>X, n x k.</returns>
    /// <exception cref="LinearAlgebraException">B has not n rows, or holds a NaN or an infinity.</exception>
    public Matrix Solve(Matrix rightSides)
    {
        ArgumentNullException.ThrowIfNull(rightSides);
        if (rightSides.Rows != Size)
        {
            throw new LinearAlgebraException($"Right sides of {rightSides.Describe()} for a system of {Size} equations.");
        }

        rightSides.RequireFinite("The right side");
        Matrix x = new(Rank, rightSides.Columns);
        for (int k = 0; k < Rank; k++)
        {
            rightSides.Row(_permutation[k]).CopyTo(x.Row(k));
        }

        Triangular.SolveTransposed(_factor, x);
        Triangular.Solve(_factor, x);
        Matrix result = new(Size, rightSides.Columns);
        for (int k = 0; k < Rank; k++)
        {
            x.Row(k).CopyTo(result.Row(_permutation[k]));
        }

        return result;
    }

    // Leaves row k of R in row k of the matrix, for the pivots found.
    private static int Eliminate(Matrix a, int[] permutation, double tolerance)
    {
        double threshold = 0;
        for (int k = 0; k < a.Rows; k++)
        {
            int pivot = k;
            double smallest = 0;
            for (int i = k; i < a.Rows; i++)
            {
                pivot = a[i, i] > a[pivot, pivot] ? i : pivot;
                smallest = Math.Min(smallest, a[i, i]);
            }

            threshold = k == 0 ? tolerance * a[pivot, pivot] : threshold;
            if (!(a[pivot, pivot] > threshold))
            {
                RequireNoise(a, k, threshold, smallest);
                return k;
            }

            Exchange(a, k, pivot);
            (permutation[k], permutation[pivot]) = (permutation[pivot], permutation[k]);
            VectorOperations.Scale(a.Row(k)[k..], 1 / Math.Sqrt(a[k, k]));
            for (int i = k + 1; i < a.Rows; i++)
            {
                VectorOperations.AddScaled(-a[k, i], a.Row(k)[(k + 1)..], a.Row(i)[(k + 1)..]);
            }
        }

        return a.Rows;
    }

    // What is left of a semidefinite matrix after its last pivot is rounding: neither its diagonal nor anything beside it stands out.
    private static void RequireNoise(Matrix a, int first, double threshold, double smallestDiagonal)
    {
        double largest = 0;
        for (int i = first; i < a.Rows; i++)
        {
            ReadOnlySpan<double> rest = a.Row(i)[first..];
            largest = Math.Max(largest, Math.Abs(rest[VectorOperations.IndexOfLargestMagnitude(rest)]));
        }

        double allowed = Math.Max(10 * threshold, 100 * a.Rows * Precision.Epsilon);
        if (largest > allowed)
        {
            throw new LinearAlgebraException(
                $"Not positive semidefinite: after {first} pivots an entry of {largest:E2} remains, the smallest on the diagonal is "
                + $"{smallestDiagonal:E2} (both relative to the largest entry).");
        }
    }

    private static void Exchange(Matrix a, int k, int pivot)
    {
        if (k != pivot)
        {
            VectorOperations.Swap(a.Row(k), a.Row(pivot));
            for (int i = 0; i < a.Rows; i++)
            {
                Span<double> row = a.Row(i);
                (row[k], row[pivot]) = (row[pivot], row[k]);
            }
        }
    }
}
