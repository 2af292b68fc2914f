namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>
/// The rotation that diagonalises a symmetric 2 x 2 matrix (G. H. Golub and C. F. Van Loan, "Matrix Computations", section 8.5).
/// </summary>
internal static class PlaneRotation
{
    /// <summary>
    /// The cosine and sine of the smaller of the two angles t that satisfy cot(2t) = <paramref name="zeta"/> = (a_qq - a_pp) / (2 a_pq).
    /// </summary>
    public static (double Cosine, double Sine) FromCotangent(double zeta)
    {
        double tangent = TangentFromCotangent(zeta);
        double cosine = 1 / Math.Sqrt(1 + (tangent * tangent));
        return (cosine, cosine * tangent);
    }

    /// <summary>The tangent of that angle; right also where the square of <paramref name="zeta"/> overflows.</summary>
    public static double TangentFromCotangent(double zeta)
    {
        double magnitude = Math.Abs(zeta);
        double tangent = magnitude > 1e100 ? 0.5 / magnitude : 1 / (magnitude + Math.Sqrt(1 + (zeta * zeta)));
        return zeta < 0 ? -tangent : tangent;
    }
}
