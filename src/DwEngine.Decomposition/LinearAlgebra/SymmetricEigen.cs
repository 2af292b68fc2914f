namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>
/// The eigendecomposition A = V diag(L) V^T of a symmetric matrix by cyclic Jacobi rotations with a threshold (C. G. J. Jacobi, 1846;
/// G. H. Golub and C. F. Van Loan, "Matrix Computations", section 8.5). A sweep takes all pairs in the order of a round-robin tournament
/// (R. P. Brent and F. T. Luk, 1985): the rotations of one round touch disjoint rows, so that they can be applied row by row.
/// </summary>
/// <remarks>
/// The error of an eigenvalue is a small multiple of the rounding unit times the largest magnitude; for a positive definite matrix the
/// small ones are relatively accurate as far as their entries determine them (J. Demmel and K. Veselic, "Jacobi's method is more accurate
/// than QR", 1992). The largest entry (the first among equals) of each eigenvector is positive.
/// </remarks>
public sealed class SymmetricEigen
{
    private const int MaximalSweeps = 60;

    // How far entries (i, j) and (j, i) may differ, relative to the largest entry of the matrix; their mean is used.
    private const double SymmetryTolerance = 1e-10;

    private readonly double[] _values;

    private SymmetricEigen(double[] values, Matrix vectors)
    {
        _values = values;
        Vectors = vectors;
    }

    /// <summary>Eigenvalues in descending order, n of them.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>Eigenvectors, n x n: column k belongs to value k; orthonormal.</summary>
    public Matrix Vectors { get; }

    /// <summary>Decomposes a symmetric matrix (n x n, n may be 0), which is not changed.</summary>
    /// <exception cref="LinearAlgebraException">
    /// The matrix is not square, not symmetric to about ten digits, holds a NaN or an infinity, or has an eigenvalue beyond double.
    /// </exception>
    public static SymmetricEigen Decompose(Matrix matrix)
    {
        Matrix a = RequireSymmetric(matrix);
        int shift = a.ScaleToExponent(0);
        Matrix vectors = Matrix.Identity(a.Rows);
        Diagonalise(a, vectors);

        double[] values = new double[a.Rows];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Math.ScaleB(a[i, i], -shift);
            if (!double.IsFinite(values[i]))
            {
                throw new LinearAlgebraException("An eigenvalue is beyond the range of double precision.");
            }
        }

        int[] order = [.. Enumerable.Range(0, values.Length).OrderByDescending(i => values[i])];
        Matrix sorted = new(a.Rows, a.Rows);
        for (int k = 0; k < order.Length; k++)
        {
            Span<double> vector = sorted.Row(k);
            vectors.Row(order[k]).CopyTo(vector);
            if (vector[VectorOperations.IndexOfLargestMagnitude(vector)] < 0)
            {
                VectorOperations.Scale(vector, -1);
            }
        }

        return new SymmetricEigen([.. order.Select(i => values[i])], sorted.Transpose());
    }

    /// <summary>A symmetric copy of <paramref name="matrix"/>.</summary>
    /// <exception cref="LinearAlgebraException">The matrix is not square, not symmetric, or not finite.</exception>
    internal static Matrix RequireSymmetric(Matrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        if (matrix.Rows != matrix.Columns)
        {
            throw new LinearAlgebraException($"A {matrix.Describe()} matrix; a symmetric one was expected.");
        }

        matrix.RequireFinite("The symmetric matrix");
        double allowed = SymmetryTolerance * matrix.MaxMagnitude();
        Matrix result = matrix.Clone();
        for (int i = 0; i < matrix.Rows; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double upper = matrix[j, i];
                double lower = matrix[i, j];
                if (Math.Abs((upper / 2) - (lower / 2)) > allowed / 2)
                {
                    throw new LinearAlgebraException($"Not symmetric: ({i}, {j}) is {lower}, ({j}, {i}) is {upper}.");
                }

                result[i, j] = result[j, i] = (upper / 2) + (lower / 2);
            }
        }

        return result;
    }

    // A := J^T A J and, with the eigenvectors as rows, V^T := J^T V^T.
    private static void Diagonalise(Matrix a, Matrix vectors)
    {
        // The floor keeps the rounding noise of a singular matrix from being rotated for ever: it is far below what any entry means.
        double floor = a.Rows * Precision.Epsilon * Precision.Epsilon;
        List<Rotation> rotations = new(a.Rows / 2);
        for (int sweep = 0; sweep < MaximalSweeps; sweep++)
        {
            bool rotated = false;
            foreach (IReadOnlyList<(int First, int Second)> pairs in Rounds(a.Rows))
            {
                rotations.Clear();
                foreach ((int p, int q) in pairs)
                {
                    double entry = a[p, q];
                    double threshold = Precision.Epsilon * Math.Sqrt(Math.Abs(a[p, p])) * Math.Sqrt(Math.Abs(a[q, q]));
                    if (Math.Abs(entry) > Math.Max(threshold, floor))
                    {
                        rotations.Add(Rotation.Of(a, p, q));
                    }
                }

                if (rotations.Count > 0)
                {
                    Apply(rotations.ToArray(), a, vectors);
                    rotated = true;
                }
            }

            if (!rotated)
            {
                return;
            }
        }

        throw new LinearAlgebraException($"Jacobi rotations did not converge within {MaximalSweeps} sweeps ({a.Describe()}).");
    }

    private static void Apply(ReadOnlySpan<Rotation> rotations, Matrix a, Matrix vectors)
    {
        foreach (Rotation r in rotations)
        {
            VectorOperations.Rotate(a.Row(r.First), a.Row(r.Second), r.Cosine, r.Sine);
            VectorOperations.Rotate(vectors.Row(r.First), vectors.Row(r.Second), r.Cosine, r.Sine);
        }

        for (int i = 0; i < a.Rows; i++)
        {
            Span<double> row = a.Row(i);
            foreach (ref readonly Rotation r in rotations)
            {
                double x = row[r.First];
                double y = row[r.Second];
                row[r.First] = (r.Cosine * x) - (r.Sine * y);
                row[r.Second] = (r.Sine * x) + (r.Cosine * y);
            }
        }

        foreach (Rotation r in rotations)
        {
            a[r.First, r.First] = r.FirstValue;
            a[r.Second, r.Second] = r.SecondValue;
            a[r.First, r.Second] = a[r.Second, r.First] = 0;
        }
    }

    // The circle method: the first player stays, the others move one place each round; with an odd number one pauses.
    private static IEnumerable<IReadOnlyList<(int First, int Second)>> Rounds(int size)
    {
        int players = size + (size % 2);
        List<(int First, int Second)> pairs = new(players / 2);
        for (int round = 0; round < players - 1; round++)
        {
            pairs.Clear();
            for (int k = 0; k < players / 2; k++)
            {
                int p = k == 0 ? 0 : 1 + ((round + k - 1) % (players - 1));
                int q = 1 + ((round + players - 2 - k) % (players - 1));
                if (Math.Max(p, q) < size)
                {
                    pairs.Add((Math.Min(p, q), Math.Max(p, q)));
                }
            }

            yield return pairs;
        }
    }

    private readonly record struct Rotation(int First, int Second, double Cosine, double Sine, double FirstValue, double SecondValue)
    {
        public static Rotation Of(Matrix a, int p, int q)
        {
            double zeta = (a[q, q] - a[p, p]) / (2 * a[p, q]);
            (double c, double s) = PlaneRotation.FromCotangent(zeta);
            double change = PlaneRotation.TangentFromCotangent(zeta) * a[p, q];
            return new(p, q, c, s, a[p, p] - change, a[q, q] + change);
        }
    }
}
