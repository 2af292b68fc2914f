namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>
/// Substitution with an upper triangular matrix and several right sides, by blocks of unknowns: what the unknowns of a block mean for all
/// other equations is one matrix product.
/// </summary>
internal static class Triangular
{
    private const int Block = 64;

    /// <summary>Solves R X = B in place, with R the leading square block of <paramref name="upper"/> and B of as many rows.</summary>
    public static void Solve(Matrix upper, Matrix rightSides, int threads = 1)
    {
        for (int end = rightSides.Rows; end > 0; end -= Math.Min(Block, end))
        {
            int first = end - Math.Min(Block, end);
            for (int k = end - 1; k >= first; k--)
            {
                for (int i = k + 1; i < end; i++)
                {
                    VectorOperations.AddScaled(-upper[k, i], rightSides.Row(i), rightSides.Row(k));
                }

                Divide(rightSides.Row(k), upper[k, k]);
            }

            MatrixProduct.AddScaled(
                MatrixPart.OfRows(rightSides, 0, first),
                -1,
                new MatrixPart(upper, 0, first, first, end - first),
                false,
                MatrixPart.OfRows(rightSides, first, end - first),
                false,
                threads);
        }
    }

    /// <summary>Solves R^T X = B in place, with R the leading square block of <paramref name="upper"/> and B of as many rows.</summary>
    public static void SolveTransposed(Matrix upper, Matrix rightSides, int threads = 1)
    {
        int rows = rightSides.Rows;
        for (int first = 0; first < rows; first += Block)
        {
            int end = Math.Min(rows, first + Block);
            for (int k = first; k < end; k++)
            {
                Divide(rightSides.Row(k), upper[k, k]);
                for (int i = k + 1; i < end; i++)
                {
                    VectorOperations.AddScaled(-upper[k, i], rightSides.Row(k), rightSides.Row(i));
                }
            }

            MatrixProduct.AddScaled(
                MatrixPart.OfRows(rightSides, end, rows - end),
                -1,
                new MatrixPart(upper, first, end, end - first, rows - end),
                true,
                MatrixPart.OfRows(rightSides, first, end - first),
                false,
                threads);
        }
    }

    private static void Divide(Span<double> row, double divisor)
    {
        for (int i = 0; i < row.Length; i++)
        {
            row[i] /= divisor;
        }
    }
}
