using Xunit;

namespace DwEngine.Decomposition.Tests.LinearAlgebra;

/// <summary>
/// Numbers of about 31 digits as an unevaluated sum of two doubles (T. J. Dekker, 1971): enough precision for a reference that shares no
/// rounding with what it judges.
/// </summary>
internal readonly record struct DoubleDouble(double High, double Low)
{
    public static implicit operator DoubleDouble(double value) => new(value, 0);

    public static DoubleDouble operator +(DoubleDouble x, DoubleDouble y)
    {
        double sum = x.High + y.High;
        double part = sum - x.High;
        double error = (x.High - (sum - part)) + (y.High - part);
        return Renormalise(sum, error + x.Low + y.Low);
    }

    public static DoubleDouble operator -(DoubleDouble x) => new(-x.High, -x.Low);

    public static DoubleDouble operator -(DoubleDouble x, DoubleDouble y) => x + -y;

    public static DoubleDouble operator *(DoubleDouble x, DoubleDouble y)
    {
        double product = x.High * y.High;
        double error = Math.FusedMultiplyAdd(x.High, y.High, -product);
        return Renormalise(product, error + ((x.High * y.Low) + (x.Low * y.High)));
    }

    public static DoubleDouble operator /(DoubleDouble x, DoubleDouble y)
    {
        double first = x.High / y.High;
        DoubleDouble rest = x - (y * first);
        double second = rest.High / y.High;
        rest -= y * second;
        return Renormalise(first, second) + (rest.High / y.High);
    }

    public static DoubleDouble Sqrt(DoubleDouble x)
    {
        if (x.High <= 0)
        {
            return 0;
        }

        DoubleDouble guess = Math.Sqrt(x.High);
        return (guess + (x / guess)) * 0.5;
    }

    /// <summary>Singular values, descending, by plain one-sided Jacobi rotations of the columns.</summary>
    public static double[] SingularValues(DwEngine.Decomposition.LinearAlgebra.Matrix matrix)
    {
        DoubleDouble[][] columns = new DoubleDouble[matrix.Columns][];
        for (int j = 0; j < columns.Length; j++)
        {
            columns[j] = [.. matrix.Column(j).Select(value => (DoubleDouble)value)];
        }

        bool rotated = true;
        for (int sweep = 0; rotated && sweep < 40; sweep++)
        {
            rotated = false;
            for (int p = 0; p < columns.Length; p++)
            {
                for (int q = p + 1; q < columns.Length; q++)
                {
                    rotated |= Rotate(columns[p], columns[q]);
                }
            }
        }

        Assert.False(rotated, "The reference did not converge.");
        return [.. columns.Select(column => Sqrt(Dot(column, column)).High).OrderDescending()];
    }

    private static bool Rotate(DoubleDouble[] x, DoubleDouble[] y)
    {
        DoubleDouble xx = Dot(x, x);
        DoubleDouble yy = Dot(y, y);
        DoubleDouble xy = Dot(x, y);
        if (Math.Abs(xy.High) <= 1e-24 * Math.Sqrt(xx.High) * Math.Sqrt(yy.High))
        {
            return false;
        }

        DoubleDouble zeta = (yy - xx) / (xy * 2);
        DoubleDouble tangent = (DoubleDouble)1 / ((zeta.High < 0 ? -zeta : zeta) + Sqrt((zeta * zeta) + 1));
        tangent = zeta.High < 0 ? -tangent : tangent;
        DoubleDouble cosine = (DoubleDouble)1 / Sqrt((tangent * tangent) + 1);
        DoubleDouble sine = cosine * tangent;
        for (int i = 0; i < x.Length; i++)
        {
            (x[i], y[i]) = ((cosine * x[i]) - (sine * y[i]), (sine * x[i]) + (cosine * y[i]));
        }

        return true;
    }

    private static DoubleDouble Dot(DoubleDouble[] x, DoubleDouble[] y)
    {
        DoubleDouble sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    private static DoubleDouble Renormalise(double high, double low)
    {
        double sum = high + low;
        return new(sum, low - (sum - high));
    }
}
