using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition.Calibration;

/// <summary>The sums over positions that responses y enter.</summary>
internal sealed class ResponseSums(long count, double[] sumY, Matrix xy, Matrix yy)
{
    public ResponseSums(int inputs, int outputs)
        : this(0, new double[outputs], new Matrix(inputs, outputs), new Matrix(outputs, outputs))
    {
    }

    public long Count { get; private set; } = count;

    public double[] SumY { get; } = sumY;

    public Matrix XY { get; } = xy;

    public Matrix YY { get; } = yy;

    public void Add(Matrix x, Matrix y)
    {
        RequireFit(x, y);
        MatrixProduct.Add(XY, x, true, y, false);
        MatrixProduct.AddGram(YY, y);
        AddRows(y, SumY);
        Count = checked(Count + x.Rows);
    }

    public void Merge(ResponseSums other)
    {
        Count = checked(Count + other.Count);
        VectorOperations.AddScaled(1, other.SumY, SumY);
        VectorOperations.AddScaled(1, other.XY.Values, XY.Values);
        VectorOperations.AddScaled(1, other.YY.Values, YY.Values);
    }

    public void RequireFit(Matrix x, Matrix y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Rows != y.Rows || x.Columns != XY.Rows || y.Columns != XY.Columns)
        {
            throw new ShapeException(
                $"Patches of {x.Describe()} and responses of {y.Describe()}; "
                + $"equal rows and {XY.Rows} and {Words.Count(XY.Columns, "column")} were expected.");
        }
    }

    public static void AddRows(Matrix rows, double[] sums)
    {
        for (int row = 0; row < rows.Rows; row++)
        {
            VectorOperations.AddScaled(1, rows.Row(row), sums);
        }
    }
}
