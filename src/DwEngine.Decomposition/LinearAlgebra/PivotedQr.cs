namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>
/// The Householder QR factorisation with column pivoting, A P = Q R, where the diagonal of R does not increase in magnitude
/// (P. Businger and G. H. Golub, 1965; norms are downdated as in Z. Drmac and Z. Bujanovic, "On the failure of rank-revealing QR
/// factorization software", 2008).
/// </summary>
public sealed class PivotedQr
{
    /// <summary>
    /// Inputs are scaled so that their largest entry lies near 2^480: squares of whole columns stay finite, and squares of entries 2^980
    /// times smaller are still normal numbers.
    /// </summary>
    internal const int WorkingExponent = 480;

    /// <summary>A column whose norm is below this, after that scaling, counts as zero.</summary>
    internal const double ZeroNorm = 3.0549363634996047e-151; // 2^-500

    // Row j is column j of the permuted matrix: R down to the diagonal, below it the tail of the reflector v_j, whose first entry is 1.
    private readonly Matrix _columns;
    private readonly double[] _reflectorScale;
    private readonly int[] _permutation;

    private PivotedQr(Matrix columns, bool pivot)
    {
        _columns = columns;
        _permutation = [.. Enumerable.Range(0, columns.Rows)];
        int steps = Math.Min(columns.Rows, columns.Columns);
        _reflectorScale = new double[steps];
        int shift = columns.ScaleToExponent(WorkingExponent);
        ExactRank = pivot ? FactorWithPivoting(steps) : FactorInOrder(steps);
        if (shift != 0)
        {
            for (int j = 0; j < columns.Rows; j++)
            {
                foreach (ref double value in columns.Row(j)[..Math.Min(j + 1, steps)])
                {
                    value = Math.ScaleB(value, -shift);
                }
            }
        }
    }

    /// <summary>The number of rows of A, m.</summary>
    public int Rows => _columns.Columns;

    /// <summary>The number of columns of A, n.</summary>
    public int Columns => _columns.Rows;

    /// <summary>Column k of A P is column Permutation[k] of A.</summary>
    public ReadOnlySpan<int> Permutation => _permutation;

    /// <summary>
    /// The number of steps before nothing was left to factor (less than about 1e-295 of the largest entry). It is the rank only
    /// where arithmetic happened to be exact; see <see cref="Rank"/>.
    /// </summary>
    internal int ExactRank { get; }

    /// <summary>Factors <paramref name="matrix"/> (m x n, any sizes).</summary>
    /// <param name="matrix">The matrix, which is not changed.</param>
    /// <param name="pivot">Whether columns may be exchanged; without, P is the identity.</param>
    /// <exception cref="LinearAlgebraException">The matrix holds a NaN or an infinity.</exception>
    public static PivotedQr Factor(Matrix matrix, bool pivot = true)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        matrix.RequireFinite("The matrix to factor");
        return new PivotedQr(matrix.Transpose(), pivot);
    }

    /// <summary>Factors the matrix whose columns are the rows of <paramref name="columns"/>, which is overwritten.</summary>
    internal static PivotedQr FactorColumns(Matrix columns, bool pivot = true) => new(columns, pivot);

    /// <summary>The number of diagonal entries of R above <paramref name="relativeTolerance"/> times the first one.</summary>
    public int Rank(double relativeTolerance)
    {
        int rank = 0;
        while (rank < ExactRank && Math.Abs(_columns[rank, rank]) > relativeTolerance * Math.Abs(_columns[0, 0]))
        {
            rank++;
        }

        return rank;
    }

    /// <summary>The first <paramref name="rows"/> rows of the upper trapezoidal factor R: rows x n.</summary>
    public Matrix R(int rows)
    {
        Matrix result = new(rows, Columns);
        for (int j = 0; j < Columns; j++)
        {
            for (int i = 0; i < Math.Min(rows, j + 1); i++)
            {
                result[i, j] = _columns[j, i];
            }
        }

        return result;
    }

    /// <summary>The first <paramref name="count"/> columns of the orthogonal factor Q: m x count.</summary>
    /// <exception cref="LinearAlgebraException">There are fewer columns than that.</exception>
    public Matrix Q(int count)
    {
        if (count < 0 || count > Rows)
        {
            throw new LinearAlgebraException($"{Words.Count(count, "column")} were asked of an orthogonal factor of {Rows} x {Rows}.");
        }

        Matrix vectors = new(count, Rows);
        for (int i = 0; i < count; i++)
        {
            vectors[i, i] = 1;
        }

        ApplyQ(vectors);
        return vectors.Transpose();
    }

    /// <summary>Replaces each row x of <paramref name="vectors"/> (any number x m) by Q x.</summary>
    internal void ApplyQ(Matrix vectors)
    {
        for (int i = 0; i < vectors.Rows; i++)
        {
            for (int k = _reflectorScale.Length - 1; k >= 0; k--)
            {
                Reflect(k, vectors.Row(i));
            }
        }
    }

    /// <summary>Replaces each row x of <paramref name="vectors"/> (any number x m) by Q^T x.</summary>
    internal void ApplyTransposedQ(Matrix vectors)
    {
        for (int i = 0; i < vectors.Rows; i++)
        {
            for (int k = 0; k < _reflectorScale.Length; k++)
            {
                Reflect(k, vectors.Row(i));
            }
        }
    }

    private int FactorInOrder(int steps)
    {
        for (int k = 0; k < steps; k++)
        {
            Eliminate(k);
        }

        return steps;
    }

    private int FactorWithPivoting(int steps)
    {
        double[] norms = new double[Columns];
        double[] exactNorms = new double[Columns];
        for (int j = 0; j < Columns; j++)
        {
            norms[j] = exactNorms[j] = Norm(_columns.Row(j));
        }

        for (int k = 0; k < steps; k++)
        {
            int pivot = k + VectorOperations.IndexOfLargestMagnitude(norms.AsSpan(k));
            if (norms[pivot] < ZeroNorm)
            {
                for (int j = k; j < Columns; j++)
                {
                    _columns.Row(j)[k..].Clear();
                }

                return k;
            }

            if (pivot != k)
            {
                VectorOperations.Swap(_columns.Row(k), _columns.Row(pivot));
                (_permutation[k], _permutation[pivot]) = (_permutation[pivot], _permutation[k]);
                norms[pivot] = norms[k];
                exactNorms[pivot] = exactNorms[k];
            }

            Eliminate(k);
            for (int j = k + 1; j < Columns; j++)
            {
                if (norms[j] != 0)
                {
                    Downdate(ref norms[j], ref exactNorms[j], _columns.Row(j)[k..]);
                }
            }
        }

        return steps;
    }

    // Takes the leading entry out of a column's norm; where cancellation would leave too few digits the norm is computed anew.
    private static void Downdate(ref double norm, ref double exactNorm, ReadOnlySpan<double> column)
    {
        double share = Math.Abs(column[0]) / norm;
        double rest = Math.Max(0, 1 - (share * share));
        double relative = norm / exactNorm;
        if (rest * relative * relative <= 1.5e-8)
        {
            norm = exactNorm = Norm(column[1..]);
        }
        else
        {
            norm *= Math.Sqrt(rest);
        }
    }

    // Makes the reflector I - scale v v^T that zeroes column k below its diagonal, and applies it to the columns after k.
    private void Eliminate(int k)
    {
        Span<double> column = _columns.Row(k)[k..];
        double norm = Norm(column);
        double tailNorm = Norm(column[1..]);
        if (tailNorm == 0)
        {
            column[1..].Clear();
            return;
        }

        double alpha = column[0];
        double beta = alpha > 0 ? -norm : norm;
        _reflectorScale[k] = (beta - alpha) / beta;
        VectorOperations.Scale(column[1..], 1 / (alpha - beta));
        column[0] = beta;
        for (int j = k + 1; j < Columns; j++)
        {
            Reflect(k, _columns.Row(j));
        }
    }

    private void Reflect(int k, Span<double> vector)
    {
        if (_reflectorScale[k] != 0)
        {
            ReadOnlySpan<double> tail = _columns.Row(k)[(k + 1)..];
            Span<double> rest = vector[(k + 1)..];
            double weight = _reflectorScale[k] * (vector[k] + VectorOperations.Dot(tail, rest));
            vector[k] -= weight;
            VectorOperations.AddScaled(-weight, tail, rest);
        }
    }

    private static double Norm(ReadOnlySpan<double> x) => Math.Sqrt(VectorOperations.Dot(x, x));
}
