namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>What double precision can tell apart.</summary>
internal static class Precision
{
    /// <summary>The distance from 1 to the next larger double, 2^-52.</summary>
    public const double Epsilon = 2.220446049250313e-16;

    /// <summary>The usual relative threshold below which singular values of an m x n matrix are noise.</summary>
    public static double RankTolerance(int rows, int columns) => Math.Max(rows, columns) * Epsilon;

    /// <summary>Refuses a relative threshold that is not a number from 0 up to below 1.</summary>
    /// <exception cref="LinearAlgebraException">The threshold is not in that range.</exception>
    public static void RequireTolerance(double relativeTolerance)
    {
        if (!(relativeTolerance >= 0 && relativeTolerance < 1))
        {
            throw new LinearAlgebraException($"A relative tolerance of {relativeTolerance}; a number from 0 up to below 1 was expected.");
        }
    }
}
