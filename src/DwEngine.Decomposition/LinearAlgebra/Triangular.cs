namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>Substitution with an upper triangular matrix and several right sides.</summary>
internal static class Triangular
{
    /// <summary>Solves R X = B in place, with R the leading square block of <paramref name="upper"/> and B of as many rows.</summary>
    public static void Solve(Matrix upper, Matrix rightSides)
    {
        for (int k = rightSides.Rows - 1; k >= 0; k--)
        {
            for (int i = k + 1; i < rightSides.Rows; i++)
            {
                VectorOperations.AddScaled(-upper[k, i], rightSides.Row(i), rightSides.Row(k));
            }

            Divide(rightSides.Row(k), upper[k, k]);
        }
    }

    /// <summary>Solves R^T X = B in place, with R the leading square block of <paramref name="upper"/> and B of as many rows.</summary>
    public static void SolveTransposed(Matrix upper, Matrix rightSides)
    {
        for (int k = 0; k < rightSides.Rows; k++)
        {
            Divide(rightSides.Row(k), upper[k, k]);
            for (int i = k + 1; i < rightSides.Rows; i++)
            {
                VectorOperations.AddScaled(-upper[k, i], rightSides.Row(k), rightSides.Row(i));
            }
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
