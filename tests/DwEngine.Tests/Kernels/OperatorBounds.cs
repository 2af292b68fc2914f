using DwEngine.Kernels.Elementwise;

namespace DwEngine.Tests.Kernels;

/// <summary>How far results of operators may be off.</summary>
internal static class OperatorBounds
{
    private const int SmallestExponent = -126;
    private const int FractionBits = 23;

    /// <summary>The unit in the last place of a binary32 of that magnitude.</summary>
    public static double Unit(double value) => double.IsFinite(value) && value != 0
        ? Math.ScaleB(1, Math.Max(Math.ILogB(value), SmallestExponent) - FractionBits)
        : Math.ScaleB(1, SmallestExponent - FractionBits);

    /// <summary>
    /// The distance from an exact result that an accuracy allows; the exact result is itself rounded to double precision.
    /// </summary>
    public static double Tolerance(Accuracy accuracy, double exact) =>
        Math.Max(accuracy.Units * Unit(exact), accuracy.Absolute) + (double.IsFinite(exact) ? 1e-13 * Math.Abs(exact) : 0);

    /// <summary>Whether a result is what it must be.</summary>
    public static bool Holds(Accuracy accuracy, double exact, float found)
    {
        if (double.IsNaN(exact) || float.IsNaN(found))
        {
            return double.IsNaN(exact) && float.IsNaN(found);
        }

        double limit = float.MaxValue;
        double tolerance = Tolerance(accuracy, exact);
        return double.IsInfinity(found)
            ? Math.Sign(exact) == Math.Sign(found) && Math.Abs(exact) + tolerance >= limit
            : double.IsInfinity(exact) ? false : Math.Abs(found - exact) <= tolerance;
    }
}
