namespace DwEngine.Simd;

/// <summary>
/// Functions of floats in double precision, from operations that IEEE 754 rounds once each: unlike those of the platform's library they
/// have the same bits on every platform. They are off by less than 1e-13 of the result, which is then rounded to a float.
/// </summary>
internal static class ScalarFunctions
{
    private const double Log2OfE = 1.4426950408889634;

    // The natural logarithm of 2 in two parts, of which the first has so few bits that its product with any exponent is exact.
    private const double Log2High = 0.693147180369123816490;
    private const double Log2Low = 1.90821492927058770002e-10;

    private const double HalfPi = Math.PI / 2;

    // Beyond it the angle is reduced.
    private const double QuarterPi = Math.PI / 4;

    // Below it the first terms of a series are exact to double precision, and what the formulas subtract would cancel.
    private const double Tiny = 1.0 / (1 << 10);

    // 64 bits of 0 and the first 320 bits of 2 / pi behind the point.
    private static readonly ulong[] s_twoOverPi =
        [0, 0xA2F9836E4E441529, 0xFC2757D1F534DDC0, 0xDB6295993C439041, 0xFE5163ABDEBBC561, 0xB7246E3A424DD2E0];

    /// <summary>The sine; NaN of what is not finite.</summary>
    public static double Sin(double x) => x == 0 ? x : Rotated(x, 0);

    /// <summary>The cosine; NaN of what is not finite.</summary>
    public static double Cos(double x) => Rotated(x, 1);

    /// <summary>The tangent; NaN of what is not finite.</summary>
    public static double Tan(double x) => x == 0 ? x : Rotated(x, 0) / Rotated(x, 1);

    /// <summary>The angle between -pi / 2 and pi / 2 whose tangent is x.</summary>
    public static double Atan(double x)
    {
        if (double.IsNaN(x) || x < 0)
        {
            return x < 0 ? -Atan(-x) : x;
        }

        if (x > 1)
        {
            return HalfPi - Atan(1 / x);
        }

        // The tangent of pi / 12: up to there the series is short. The angle beyond is pi / 6 more than another.
        if (x > 0.26794919243112270)
        {
            double root = Math.Sqrt(3);
            return (Math.PI / 6) + Atan(((x * root) - 1) / (root + x));
        }

        double square = x * x, sum = 0;
        for (int n = 27; n >= 1; n -= 2)
        {
            sum = (1.0 / n) - (square * sum);
        }

        return x * sum;
    }

    /// <summary>The angle between -pi / 2 and pi / 2 whose sine is x; NaN beyond 1.</summary>
    public static double Asin(double x) => x == 0 ? x : Atan(x / Math.Sqrt(1 - (x * x)));

    /// <summary>The angle between 0 and pi whose cosine is x; NaN beyond 1.</summary>
    public static double Acos(double x) => 2 * Atan(Math.Sqrt((1 - x) / (1 + x)));

    /// <summary>e^x.</summary>
    public static double Exp(double x)
    {
        // Beyond these bounds every float is 0 or infinite.
        x = Math.Min(Math.Max(x, -300), 300);
        double n = Math.Round(x * Log2OfE), r = x - (n * Log2High) - (n * Log2Low), sum = 1;
        for (int k = 14; k >= 1; k--)
        {
            sum = 1 + (sum * r / k);
        }

        return double.IsNaN(x) ? x : Math.ScaleB(sum, (int)n);
    }

    /// <summary>The natural logarithm; NaN of what is less than 0.</summary>
    public static double Log(double x)
    {
        if (!(x > 0) || double.IsInfinity(x))
        {
            return x == 0 ? double.NegativeInfinity : x > 0 ? x : double.NaN;
        }

        int exponent = Math.ILogB(x);
        double fraction = Math.ScaleB(x, -exponent);
        if (fraction > Math.Sqrt(2))
        {
            (fraction, exponent) = (fraction / 2, exponent + 1);
        }

        double s = (fraction - 1) / (fraction + 1), square = s * s, sum = 0;
        for (int n = 23; n >= 1; n -= 2)
        {
            sum = (1.0 / n) + (square * sum);
        }

        return (exponent * Log2High) + ((2 * s * sum) + (exponent * Log2Low));
    }

    /// <summary>(e^x - e^-x) / 2.</summary>
    public static double Sinh(double x) => Math.Abs(x) < Tiny ? x * (1 + (x * x / 6)) : (Exp(x) - Exp(-x)) / 2;

    /// <summary>(e^x + e^-x) / 2.</summary>
    public static double Cosh(double x) => (Exp(x) + Exp(-x)) / 2;

    /// <summary>The number whose hyperbolic sine is x.</summary>
    public static double Asinh(double x) => Math.Abs(x) < Tiny
        ? x * (1 - (x * x / 6) + (3 * x * x * x * x / 40))
        : Math.CopySign(Log(Math.Abs(x) + Math.Sqrt((x * x) + 1)), x);

    /// <summary>The positive number whose hyperbolic cosine is x; NaN below 1.</summary>
    public static double Acosh(double x) => x >= 1 ? Log(x + Math.Sqrt((x * x) - 1)) : double.NaN;

    /// <summary>The number whose hyperbolic tangent is x; NaN beyond 1.</summary>
    public static double Atanh(double x) =>
        Math.Abs(x) < Tiny ? x * (1 + (x * x / 3) + (x * x * x * x / 5)) : Log((1 + x) / (1 - x)) / 2;

    // The sine of an angle and so many right angles more.
    private static double Rotated(double x, int rightAngles)
    {
        if (!double.IsFinite(x))
        {
            return double.NaN;
        }

        double angle = Math.Abs(x);
        int quadrant = 0;
        if (angle > QuarterPi)
        {
            (quadrant, angle) = Reduce(angle);
        }

        if (x < 0)
        {
            (quadrant, angle) = (-quadrant, -angle);
        }

        quadrant = (quadrant + rightAngles) & 3;
        double square = angle * angle, sum = 0;
        bool isSine = (quadrant & 1) == 0;
        for (int n = isSine ? 17 : 16; n >= 2; n -= 2)
        {
            sum = 1 - (square * (n >= (isSine ? 17 : 16) ? 1 : sum) / (n * (n - 1)));
        }

        double value = isSine ? angle * sum : sum;
        return (quadrant & 2) == 0 ? value : -value;
    }

    // The nearest multiple of a right angle, of whose number the lowest two bits count, and what is left: M. Payne's and R. Hanek's
    // reduction. A float is a whole number m times 2^e; of the bits of 2 / pi only those count whose product with 2^e is less than 4 and
    // not too small.
    private static (int Quadrant, double Angle) Reduce(double angle)
    {
        const int fractionBits = 23;
        int e = Math.ILogB(angle) - fractionBits;
        var m = (ulong)Math.ScaleB(angle, -e);
        // The bit that becomes 2, counted from the first of the list.
        int first = 64 + e - 2;
        int word = first / 64, shift = first % 64;
        ulong high = Bits(word, shift), low = Bits(word + 1, shift);
        // In units of 2^-126 right angles; multiples of 4 overflow.
        UInt128 product = new UInt128(high, low) * m;
        int quadrant = (int)(product >> 126);
        UInt128 fraction = product & ((UInt128.One << 126) - 1);
        if (fraction < UInt128.One << 125)
        {
            return (quadrant, Math.ScaleB((double)fraction, -126) * HalfPi);
        }

        return (quadrant + 1, -Math.ScaleB((double)((UInt128.One << 126) - fraction), -126) * HalfPi);
    }

    private static ulong Bits(int word, int shift) =>
        shift == 0 ? s_twoOverPi[word] : (s_twoOverPi[word] << shift) | (s_twoOverPi[word + 1] >> (64 - shift));
}
