using DwEngine.Decomposition.LinearAlgebra;
using FsCheck;
using FsCheck.Fluent;
using MathNetMatrix = MathNet.Numerics.LinearAlgebra.Matrix<double>;

namespace DwEngine.Decomposition.Tests.LinearAlgebra;

/// <summary>A random matrix of any small size (0 to 12), rank and scale, for property tests.</summary>
public sealed record AnyMatrix(Matrix Value, string Kind)
{
    public override string ToString() => $"{Kind}, {Value.Rows} x {Value.Columns}: [{string.Join(", ", Value.Values.ToArray())}]";
}

/// <summary>Generators for <see cref="AnyMatrix"/>; named in the Properties attribute of the test classes.</summary>
public static class MatrixSamples
{
    public static Arbitrary<AnyMatrix> AnyMatrix() =>
        (from rows in Gen.Choose(0, 12)
         from columns in Gen.Choose(0, 12)
         from kind in Gen.Elements("dense", "low rank", "zero rows", "repeated columns", "integers", "graded", "huge", "tiny")
         from seed in Gen.Choose(0, int.MaxValue - 1)
         select new AnyMatrix(Make(kind, rows, columns, new Random(seed)), kind)).ToArbitrary();

    public static Matrix Gaussian(int rows, int columns, Random random)
    {
        Matrix result = new(rows, columns);
        foreach (ref double value in result.Values)
        {
            value = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        }

        return result;
    }

    public static Matrix Orthogonal(int size, Random random) => PivotedQr.Factor(Gaussian(size, size, random)).Q(size);

    public static Matrix Diagonal(params ReadOnlySpan<double> values)
    {
        Matrix result = new(values.Length, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            result[i, i] = values[i];
        }

        return result;
    }

    public static Matrix Hilbert(int size)
    {
        Matrix result = new(size, size);
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
            {
                result[i, j] = 1.0 / (i + j + 1);
            }
        }

        return result;
    }

    public static Matrix Kahan(int size, double angle)
    {
        Matrix result = new(size, size);
        for (int i = 0; i < size; i++)
        {
            double scale = Math.Pow(Math.Sin(angle), i);
            result[i, i] = scale;
            for (int j = i + 1; j < size; j++)
            {
                result[i, j] = -Math.Cos(angle) * scale;
            }
        }

        return result;
    }

    public static MathNetMatrix ToMathNet(Matrix matrix) =>
        MathNetMatrix.Build.DenseOfRowMajor(matrix.Rows, matrix.Columns, matrix.Values.ToArray());

    private static Matrix Make(string kind, int rows, int columns, Random random)
    {
        Matrix result = Gaussian(rows, columns, random);
        int rank = random.Next(0, Math.Min(rows, columns) + 1);
        switch (kind)
        {
            case "low rank":
                return Gaussian(rows, rank, random).Multiply(Gaussian(rank, columns, random));
            case "zero rows":
                for (int i = 0; i < rows; i += 2)
                {
                    result.Row(i).Clear();
                }

                return result;
            case "repeated columns":
                for (int i = 0; i < rows; i++)
                {
                    result.Row(i).Fill(result.Row(i).IsEmpty ? 0 : result[i, 0]);
                }

                return result;
            case "integers":
                foreach (ref double value in result.Values)
                {
                    value = Math.Round(value);
                }

                return result;
            case "graded":
                for (int i = 0; i < rows; i++)
                {
                    VectorOperations.Scale(result.Row(i), Math.Pow(10, random.Next(-12, 1)));
                }

                return result;
            default:
                VectorOperations.Scale(result.Values, kind switch { "huge" => 1e300, "tiny" => 1e-300, _ => 1 });
                return result;
        }
    }
}
