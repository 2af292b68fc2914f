namespace DwEngine.Kernels.Reference;

/// <summary>Exponential and logarithm near 0 and 1 in double precision, where the textbook's difference would cancel (W. Kahan).</summary>
internal static class ExponentialReference
{
    /// <summary>e^x - 1.</summary>
    public static double MinusOne(double x)
    {
        double power = Math.Exp(x);
        return power == 1 ? x : power - 1 == -1 || double.IsInfinity(power) ? power - 1 : (power - 1) * x / Math.Log(power);
    }

    /// <summary>log(1 + x).</summary>
    public static double LogOnePlus(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : double.IsInfinity(sum) ? sum : Math.Log(sum) * x / (sum - 1);
    }
}
