using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition.Tests.LinearAlgebra;

/// <summary>
/// The quotient singular value decomposition of a pair (the GSVD in the second sense; C. C. Paige and M. A. Saunders, "Towards a
/// generalized singular value decomposition", SIAM J. Numer. Anal. 18, 1981): for A (m x n) and B (p x n) whose stack [A; B] has rank k,
/// <code>A = U diag_A(C) X^T,   B = V diag_B(S) X^T,   C_i^2 + S_i^2 = 1.</code>
/// </summary>
/// <remarks>
/// <para>C and S hold k numbers each from 0 to 1; C descends, S ascends; C_i / S_i are the generalised singular values (infinite where
/// S_i = 0). X is n x k of full column rank. diag_A(C) is min(m, k) x k and places the <b>first</b> min(m, k) numbers of C on the
/// diagonal from its top left; the others are 0. diag_B(S) is min(p, k) x k and places the <b>last</b> min(p, k) numbers of S on the
/// diagonal that ends at its bottom right; the others are 0. U (m x min(m, k)) and V (p x min(p, k)) have orthonormal columns.</para>
/// <para>Computed by an SVD of the stack and a CS decomposition of its orthonormal factor, in which cosines or sines, whichever are small,
/// are found by an SVD of their own (C. F. Van Loan, "Computing the CS and the generalized singular value decompositions", 1985), so
/// that the residuals of both equations are a small multiple of the rounding unit times the norm of the stack. Scale A and B to like
/// norms if one is far smaller than the other: the rank of the stack is judged relative to its largest singular value.</para>
/// </remarks>
internal sealed class QuotientSvd
{
    private readonly double[] _cosines;
    private readonly double[] _sines;

    private QuotientSvd(Matrix u, Matrix v, Matrix x, double[] cosines, double[] sines)
    {
        U = u;
        V = v;
        X = x;
        _cosines = cosines;
        _sines = sines;
    }

    /// <summary>m x min(m, k), orthonormal columns.</summary>
    public Matrix U { get; }

    /// <summary>p x min(p, k), orthonormal columns.</summary>
    public Matrix V { get; }

    /// <summary>n x k, of full column rank.</summary>
    public Matrix X { get; }

    /// <summary>The cosines, k of them, descending.</summary>
    public ReadOnlySpan<double> C => _cosines;

    /// <summary>The sines, k of them, ascending.</summary>
    public ReadOnlySpan<double> S => _sines;

    /// <summary>The rank of the stack [A; B], k.</summary>
    public int Rank => _cosines.Length;

    /// <summary>Decomposes the pair, which is not changed.</summary>
    /// <param name="a">A, m x n.</param>
    /// <param name="b">B, p x n.</param>
    /// <param name="relativeTolerance">
    /// Singular values of the stack up to this times the largest count as zero; by default max(m + p, n) times the rounding unit.
    /// </param>
    /// <exception cref="LinearAlgebraException">The numbers of columns differ, or a matrix holds a NaN or an infinity.</exception>
    public static QuotientSvd Decompose(Matrix a, Matrix b, double? relativeTolerance = null)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.Columns != b.Columns)
        {
            throw new LinearAlgebraException(
                $"A pair of {a.Describe()} and {b.Describe()} matrices; equal numbers of columns were expected.");
        }

        double tolerance = relativeTolerance ?? Precision.RankTolerance(a.Rows + b.Rows, a.Columns);
        Precision.RequireTolerance(tolerance);
        Svd stack = Svd.Decompose(Stack(a, b));
        int k = 0;
        while (k < stack.SingularValues.Length && stack.SingularValues[k] > tolerance * stack.SingularValues[0])
        {
            k++;
        }

        // [A; B] = [P1; P2] diag(sigma) Z^T with orthonormal columns in [P1; P2]; then P1 W and P2 W have orthogonal columns.
        Matrix p1 = stack.U.Block(0, 0, a.Rows, k);
        Matrix p2 = stack.U.Block(a.Rows, 0, b.Rows, k);
        Matrix w = CommonBasis(p1, p2);
        (Matrix u, double[] c) = NormaliseColumns(p1.Multiply(w));
        (Matrix v, double[] s) = NormaliseColumns(ReverseColumns(p2.Multiply(w)));
        v = ReverseColumns(v);
        Array.Reverse(s);

        // X^T = W^T diag(sigma) Z^T, with the rounding of c^2 + s^2 moved into X.
        Matrix x = new(a.Columns, k);
        for (int j = 0; j < k; j++)
        {
            double length = double.Hypot(c[j], s[j]);
            c[j] /= length;
            s[j] /= length;

            // Neighbours that are equal up to rounding must not break the order.
            c[j] = j == 0 ? c[j] : Math.Min(c[j], c[j - 1]);
            s[j] = j == 0 ? s[j] : Math.Max(s[j], s[j - 1]);
            for (int l = 0; l < k; l++)
            {
                w[l, j] *= length * stack.SingularValues[l];
            }
        }

        MatrixProduct.Add(x, stack.V.Block(0, 0, a.Columns, k), false, w, false);
        return new QuotientSvd(u, v, x, c, s);
    }

    // The k x k orthogonal W for which the columns of P1 W descend in norm, those of P2 W ascend, and both are orthogonal.
    private static Matrix CommonBasis(Matrix p1, Matrix p2)
    {
        int k = p1.Columns;
        Svd first = Svd.Decompose(PadRows(p1, k));
        Matrix w = first.V;
        int large = 0;
        while (large < k && first.SingularValues[large] > Math.Sqrt(0.5))
        {
            large++;
        }

        // Where the cosine is near 1 it says little about the sine: there the basis is turned so that the small columns of P2 W are
        // orthogonal.
        Matrix leading = w.Block(0, 0, k, large);
        Svd second = Svd.Decompose(PadRows(p2.Multiply(leading), large));
        Matrix turned = leading.Multiply(ReverseColumns(second.V));
        for (int i = 0; i < k; i++)
        {
            turned.Row(i).CopyTo(w.Row(i));
        }

        return w;
    }

    // Columns that are orthogonal up to rounding and descend in norm, as an orthonormal factor times these norms. The QR factorisation
    // makes the factor orthonormal also where a norm is zero or there are more columns than rows.
    private static (Matrix Factor, double[] Norms) NormaliseColumns(Matrix columns)
    {
        PivotedQr qr = PivotedQr.Factor(columns, pivot: false);
        int count = Math.Min(columns.Rows, columns.Columns);
        Matrix factor = qr.Q(count);
        Matrix r = qr.R(count);
        double[] norms = new double[columns.Columns];
        for (int j = 0; j < count; j++)
        {
            norms[j] = Math.Abs(r[j, j]);
            for (int i = 0; i < factor.Rows && r[j, j] < 0; i++)
            {
                factor[i, j] = -factor[i, j];
            }
        }

        return (factor, norms);
    }

    private static Matrix Stack(Matrix a, Matrix b)
    {
        Matrix result = new(checked(a.Rows + b.Rows), a.Columns);
        a.Values.CopyTo(result.Values);
        b.Values.CopyTo(result.Values[a.Values.Length..]);
        return result;
    }

    private static Matrix PadRows(Matrix matrix, int rows) =>
        matrix.Rows >= rows ? matrix : Stack(matrix, new Matrix(rows - matrix.Rows, matrix.Columns));

    private static Matrix ReverseColumns(Matrix matrix)
    {
        Matrix result = matrix.Clone();
        for (int i = 0; i < result.Rows; i++)
        {
            result.Row(i).Reverse();
        }

        return result;
    }
}
