namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>
/// A root of a symmetric positive semidefinite matrix in the coordinates of its eigenvectors: M = F^T F with F = L^1/2 E^T of r rows, where
/// M = E L E^T over the r eigenvalues that count. The symmetric root is M^1/2 = E F and its pseudo inverse F^+ E^T.
/// </summary>
public sealed class SemidefiniteRoot
{
    private SemidefiniteRoot(Matrix root, Matrix pseudoInverse)
    {
        Root = root;
        PseudoInverse = pseudoInverse;
    }

    /// <summary>F, r x n.</summary>
    public Matrix Root { get; }

    /// <summary>The pseudo inverse of F, F^+ = E L^-1/2, n x r: F F^+ = I, and F^+ F projects onto the range of M.</summary>
    public Matrix PseudoInverse { get; }

    /// <summary>The number of eigenvalues that count, r.</summary>
    public int Rank => Root.Rows;

    /// <summary>Takes the root of <paramref name="metric"/>.</summary>
    /// <param name="metric">n x n, symmetric positive semidefinite.</param>
    /// <param name="size">The size n that is expected.</param>
    /// <param name="relativeTolerance">Eigenvalues up to this times the largest count as zero.</param>
    /// <exception cref="LinearAlgebraException">
    /// The metric has another size, is not symmetric, is not finite, or has a negative eigenvalue beyond the tolerance.
    /// </exception>
    public static SemidefiniteRoot Of(Matrix metric, int size, double relativeTolerance)
    {
        ArgumentNullException.ThrowIfNull(metric);
        Precision.RequireTolerance(relativeTolerance);
        if (metric.Rows != size || metric.Columns != size)
        {
            throw new LinearAlgebraException($"A metric of {metric.Describe()}; {size} x {size} was expected.");
        }

        SymmetricEigen eigen = SymmetricEigen.Decompose(metric);
        double largest = size == 0 ? 0 : Math.Max(eigen.Values[0], 0);
        double magnitude = size == 0 ? 0 : Math.Max(largest, -eigen.Values[^1]);
        if (size > 0 && -eigen.Values[^1] > Math.Max(relativeTolerance, 10 * Precision.RankTolerance(size, size)) * magnitude)
        {
            throw new LinearAlgebraException($"A metric with an eigenvalue of {eigen.Values[^1]}; positive semidefinite was expected.");
        }

        int rank = 0;
        while (rank < size && eigen.Values[rank] > relativeTolerance * largest)
        {
            rank++;
        }

        Matrix root = eigen.Vectors.Block(0, 0, size, rank).Transpose();
        Matrix inverse = root.Clone();
        for (int k = 0; k < rank; k++)
        {
            double scale = Math.Sqrt(eigen.Values[k]);
            VectorOperations.Scale(root.Row(k), scale);
            VectorOperations.Scale(inverse.Row(k), 1 / scale);
        }

        return new SemidefiniteRoot(root, inverse.Transpose());
    }
}
