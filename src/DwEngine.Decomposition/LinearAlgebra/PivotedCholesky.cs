namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>
/// The Cholesky factorisation of a positive semidefinite matrix with diagonal pivoting, P^T A P = R^T R with R upper trapezoidal of r rows
/// (N. J. Higham, "Analysis of the Cholesky decomposition of a semi-definite matrix", 1990). It reveals the rank r.
/// </summary>
public sealed class PivotedCholesky
{
    // Rows that are found before they are taken out of the rest of the matrix.
    private const int BlockRows = 64;

    private readonly Matrix _factor;
    private readonly int[] _permutation;
    private readonly int _threads;

    private PivotedCholesky(Matrix factor, int[] permutation, int threads)
    {
        _factor = factor;
        _permutation = permutation;
        _threads = threads;
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
    public static PivotedCholesky Decompose(Matrix matrix, double? relativeTolerance = null) => Decompose(matrix, relativeTolerance, 1);

    /// <summary>The same on several threads, also in <see cref="Solve"/>. The bits do not depend on their number.</summary>
    internal static PivotedCholesky Decompose(Matrix matrix, double? relativeTolerance, int threads)
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
        int rank = Eliminate(a, permutation, tolerance, threads);
        Matrix factor = a.Block(0, 0, rank, a.Columns);
        for (int k = 0; k < rank; k++)
        {
            factor.Row(k)[..k].Clear();
        }

        factor.ScaleByPowerOfTwo(-shift / 2);
        return new PivotedCholesky(factor, permutation, threads);
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

        Triangular.SolveTransposed(_factor, x, _threads);
        Triangular.Solve(_factor, x, _threads);
        Matrix result = new(Size, rightSides.Columns);
        for (int k = 0; k < Rank; k++)
        {
            x.Row(k).CopyTo(result.Row(_permutation[k]));
        }

        return result;
    }

    // Leaves row k of R in row k of the matrix, for the pivots found. Reads and writes the upper triangle alone. What the pivots of a block
    // mean for the rest of the matrix is one product; until then only its diagonal is known (LAPACK's dpstrf; C. Lucas, "LAPACK-Style
    // Codes for Level 2 and 3 Pivoted Cholesky Factorizations", 2004).
    private static int Eliminate(Matrix a, int[] permutation, double tolerance, int threads)
    {
        double[] diagonal = [.. Enumerable.Range(0, a.Rows).Select(i => a[i, i])];
        double threshold = 0;
        for (int first = 0; first < a.Rows; first += BlockRows)
        {
            int end = Math.Min(a.Rows, first + BlockRows);
            for (int k = first; k < end; k++)
            {
                int pivot = k;
                for (int i = k; i < a.Rows; i++)
                {
                    pivot = diagonal[i] > diagonal[pivot] ? i : pivot;
                }

                threshold = k == 0 ? tolerance * diagonal[pivot] : threshold;
                if (!(diagonal[pivot] > threshold))
                {
                    SubtractProduct(a, first, k, threads);
                    RequireNoise(a, k, threshold, diagonal.AsSpan(k));
                    return k;
                }

                Exchange(a, k, pivot);
                (permutation[k], permutation[pivot]) = (permutation[pivot], permutation[k]);
                (diagonal[k], diagonal[pivot]) = (diagonal[pivot], diagonal[k]);
                Span<double> row = a.Row(k)[(k + 1)..];
                for (int done = first; done < k; done++)
                {
                    VectorOperations.AddScaled(-a[done, k], a.Row(done)[(k + 1)..], row);
                }

                a[k, k] = Math.Sqrt(diagonal[k]);
                VectorOperations.Scale(row, 1 / a[k, k]);
                for (int i = 0; i < row.Length; i++)
                {
                    diagonal[k + 1 + i] -= row[i] * row[i];
                }
            }

            SubtractProduct(a, first, end, threads);
        }

        return a.Rows;
    }

    // Takes the part of the rows from `first` to below `end` of R out of the matrix behind them.
    private static void SubtractProduct(Matrix a, int first, int end, int threads)
    {
        int rest = a.Rows - end;
        if (rest > 0 && end > first)
        {
            MatrixPart found = new(a, first, end, end - first, rest);
            MatrixProduct.AddUpperGram(new MatrixPart(a, end, end, rest, rest), -1, found, threads);
        }
    }

    // What is left of a semidefinite matrix after its last pivot is rounding: neither its diagonal nor anything beside it stands out.
    private static void RequireNoise(Matrix a, int first, double threshold, ReadOnlySpan<double> diagonal)
    {
        double largest = 0, smallest = 0;
        for (int i = first; i < a.Rows; i++)
        {
            ReadOnlySpan<double> rest = a.Row(i)[i..];
            largest = Math.Max(largest, Math.Abs(rest[VectorOperations.IndexOfLargestMagnitude(rest)]));
            smallest = Math.Min(smallest, diagonal[i - first]);
        }

        double allowed = Math.Max(10 * threshold, 100 * a.Rows * Precision.Epsilon);
        if (largest > allowed)
        {
            throw new LinearAlgebraException(
                $"Not positive semidefinite: after {first} pivots an entry of {largest:E2} remains, the smallest on the diagonal is "
                + $"{smallest:E2} (both relative to the largest entry).");
        }
    }

    // Exchanges rows and columns k and pivot of the symmetric matrix, and columns of the rows of R above them.
    private static void Exchange(Matrix a, int k, int pivot)
    {
        if (k == pivot)
        {
            return;
        }

        for (int i = 0; i < k; i++)
        {
            Span<double> row = a.Row(i);
            (row[k], row[pivot]) = (row[pivot], row[k]);
        }

        for (int i = k + 1; i < pivot; i++)
        {
            (a[k, i], a[i, pivot]) = (a[i, pivot], a[k, i]);
        }

        (a[k, k], a[pivot, pivot]) = (a[pivot, pivot], a[k, k]);
        VectorOperations.Swap(a.Row(k)[(pivot + 1)..], a.Row(pivot)[(pivot + 1)..]);
    }
}
