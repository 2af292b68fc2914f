namespace DwEngine.Kernels.Reference;

/// <summary>The error function in double precision: Taylor's series, and Laplace's continued fraction far from 0.</summary>
internal static class ErrorFunctionReference
{
    // Where both take about the same number of steps.
    private const double Border = 2;
    private const int Terms = 60;

    /// <summary>erf x.</summary>
    public static double Of(double x)
    {
        if (!(Math.Abs(x) < Border))
        {
            return double.IsNaN(x) ? x : Math.Sign(x) * (1 - Complement(Math.Abs(x)));
        }

        // The sum would lose the sign of -0.
        if (x == 0)
        {
            return x;
        }

        double term = x, sum = x;
        for (int n = 1; n < Terms; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    /// <summary>1 - erf x, without cancellation where x is large.</summary>
    public static double Complement(double x)
    {
        if (!(x >= Border))
        {
            return double.IsNaN(x) ? x : x <= -Border ? 2 - Complement(-x) : 1 - Of(x);
        }

        double fraction = x;
        for (int n = Terms; n > 0; n--)
        {
            fraction = x + (n / 2.0 / fraction);
        }

        return double.IsInfinity(x) ? 0 : Math.Exp(-x * x) / (Math.Sqrt(Math.PI) * fraction);
    }
}
