namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>
/// One-sided Jacobi rotations (M. R. Hestenes, "Inversion of matrices by biorthogonalization and related results", 1958) with de Rijk's
/// pivoting (P. P. M. de Rijk, 1989), on the rows of a matrix, which lie contiguous in memory.
/// </summary>
internal static class OneSidedJacobi
{
    private const int MaximalSweeps = 60;

    /// <summary>
    /// Makes the rows of X orthogonal to each other: X := J X with J orthogonal.
    /// </summary>
    /// <param name="x">k x n, overwritten by J X. Norms of rows must lie within about 1e-150 to 1e150.</param>
    /// <param name="rotations">k x l, overwritten by J times itself; the identity collects J.</param>
    /// <exception cref="LinearAlgebraException">Did not converge; not known to happen for finite input.</exception>
    public static void OrthogonaliseRows(Matrix x, Matrix rotations)
    {
        // Rows whose cosine is below this are orthogonal to the precision with which the cosine itself can be computed.
        double tolerance = Math.Sqrt(x.Columns) * Precision.Epsilon;
        double[] norms = new double[x.Rows];
        for (int sweep = 0; sweep < MaximalSweeps; sweep++)
        {
            for (int i = 0; i < x.Rows; i++)
            {
                norms[i] = Norm(x.Row(i));
            }

            if (!Sweep(x, rotations, norms, tolerance))
            {
                return;
            }
        }

        throw new LinearAlgebraException($"One-sided Jacobi rotations did not converge within {MaximalSweeps} sweeps ({x.Describe()}).");
    }

    private static bool Sweep(Matrix x, Matrix rotations, double[] norms, double tolerance)
    {
        bool rotated = false;
        for (int p = 0; p < x.Rows - 1; p++)
        {
            int pivot = p + VectorOperations.IndexOfLargestMagnitude(norms.AsSpan(p));
            if (pivot != p)
            {
                VectorOperations.Swap(x.Row(p), x.Row(pivot));
                VectorOperations.Swap(rotations.Row(p), rotations.Row(pivot));
                (norms[p], norms[pivot]) = (norms[pivot], norms[p]);
            }

            for (int q = p + 1; q < x.Rows; q++)
            {
                if (norms[q] == 0)
                {
                    continue;
                }

                double cosine = VectorOperations.Dot(x.Row(p), x.Row(q)) / norms[p] / norms[q];
                if (Math.Abs(cosine) > tolerance)
                {
                    double zeta = ((norms[q] / norms[p]) - (norms[p] / norms[q])) / (2 * cosine);
                    (double c, double s) = PlaneRotation.FromCotangent(zeta);
                    VectorOperations.Rotate(x.Row(p), x.Row(q), c, s);
                    VectorOperations.Rotate(rotations.Row(p), rotations.Row(q), c, s);
                    norms[p] = Norm(x.Row(p));
                    norms[q] = Norm(x.Row(q));
                    rotated = true;
                }
            }
        }

        return rotated;
    }

    private static double Norm(ReadOnlySpan<double> x) => Math.Sqrt(VectorOperations.Dot(x, x));
}
