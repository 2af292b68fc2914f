using System.Diagnostics.CodeAnalysis;

namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>A dense matrix of double precision, stored row by row. Either dimension may be zero.</summary>
public sealed class Matrix
{
    private readonly double[] _values;

    /// <summary>Creates a zero matrix of <paramref name="rows"/> x <paramref name="columns"/>.</summary>
    /// <exception cref="LinearAlgebraException">A dimension is negative, or there are more entries than an array can hold.</exception>
    public Matrix(int rows, int columns) : this(rows, columns, new double[RequireSize(rows, columns)])
    {
    }

    /// <summary>Wraps <paramref name="values"/>, rows * columns numbers row by row, without copying them.</summary>
    /// <exception cref="LinearAlgebraException">The number of values is not rows * columns.</exception>
    public Matrix(int rows, int columns, double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (RequireSize(rows, columns) != values.Length)
        {
            throw new LinearAlgebraException(
                $"A {rows} x {columns} matrix needs {(long)rows * columns} values, {values.Length} were given.");
        }

        Rows = rows;
        Columns = columns;
        _values = values;
    }

    /// <summary>The number of rows.</summary>
    public int Rows { get; }

    /// <summary>The number of columns.</summary>
    public int Columns { get; }

    /// <summary>All entries, row by row.</summary>
    public Span<double> Values => _values;

    /// <summary>One entry.</summary>
    /// <exception cref="LinearAlgebraException">The entry lies outside the matrix.</exception>
    public double this[int row, int column]
    {
        get => _values[Offset(row, column)];
        set => _values[Offset(row, column)] = value;
    }

    /// <summary>The square matrix with ones on its diagonal.</summary>
    public static Matrix Identity(int size)
    {
        Matrix result = new(size, size);
        for (int i = 0; i < size; i++)
        {
            result[i, i] = 1;
        }

        return result;
    }

    /// <summary>Copies a two-dimensional array.</summary>
    public static Matrix FromArray(double[,] source)
    {
        ArgumentNullException.ThrowIfNull(source);
        Matrix result = new(source.GetLength(0), source.GetLength(1));
        Buffer.BlockCopy(source, 0, result._values, 0, source.Length * sizeof(double));
        return result;
    }

    /// <summary>The entries of one row, which may be changed in place.</summary>
    public Span<double> Row(int row)
    {
        if ((uint)row >= (uint)Rows)
        {
            ThrowOutside(row, 0);
        }

        return _values.AsSpan(row * Columns, Columns);
    }

    /// <summary>A copy of one column.</summary>
    public double[] Column(int column)
    {
        double[] result = new double[Rows];
        for (int i = 0; i < Rows; i++)
        {
            result[i] = this[i, column];
        }

        return result;
    }

    /// <summary>A copy of the matrix.</summary>
    public Matrix Clone() => new(Rows, Columns, (double[])_values.Clone());

    /// <summary>
    /// A copy of <paramref name="rows"/> x <paramref name="columns"/> entries from (<paramref name="row"/>, <paramref name="column"/>) on.
    /// </summary>
    /// <exception cref="LinearAlgebraException">The block does not lie within the matrix.</exception>
    public Matrix Block(int row, int column, int rows, int columns)
    {
        if (row < 0 || column < 0 || rows < 0 || columns < 0 || row > Rows - rows || column > Columns - columns)
        {
            throw new LinearAlgebraException(
                $"The {rows} x {columns} block at ({row}, {column}) does not lie within a {Describe()} matrix.");
        }

        Matrix result = new(rows, columns);
        for (int i = 0; i < rows; i++)
        {
            Row(row + i).Slice(column, columns).CopyTo(result.Row(i));
        }

        return result;
    }

    /// <summary>The transposed matrix, Columns x Rows.</summary>
    public Matrix Transpose()
    {
        const int tile = 16;
        Matrix result = new(Columns, Rows);
        for (int top = 0; top < Rows; top += tile)
        {
            for (int left = 0; left < Columns; left += tile)
            {
                for (int i = top; i < Math.Min(top + tile, Rows); i++)
                {
                    for (int j = left; j < Math.Min(left + tile, Columns); j++)
                    {
                        result._values[(j * Rows) + i] = _values[(i * Columns) + j];
                    }
                }
            }
        }

        return result;
    }

    /// <summary>The product of this matrix (m x k) and <paramref name="other"/> (k x n): m x n.</summary>
    /// <exception cref="LinearAlgebraException">The inner dimensions differ.</exception>
    public Matrix Multiply(Matrix other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Matrix result = new(Rows, other.Columns);
        MatrixProduct.Add(result, this, false, other, false);
        return result;
    }

    /// <summary>The product of this matrix's transpose (this is k x m) and <paramref name="other"/> (k x n): m x n.</summary>
    /// <exception cref="LinearAlgebraException">The inner dimensions differ.</exception>
    public Matrix TransposeMultiply(Matrix other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Matrix result = new(Columns, other.Columns);
        MatrixProduct.Add(result, this, true, other, false);
        return result;
    }

    /// <summary>The product of this matrix (m x k) and the transpose of <paramref name="other"/> (n x k): m x n.</summary>
    /// <exception cref="LinearAlgebraException">The inner dimensions differ.</exception>
    public Matrix MultiplyTranspose(Matrix other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Matrix result = new(Rows, other.Rows);
        MatrixProduct.Add(result, this, false, other, true);
        return result;
    }

    /// <summary>The difference of this matrix and <paramref name="other"/>, of the same size.</summary>
    /// <exception cref="LinearAlgebraException">The sizes differ.</exception>
    public Matrix Subtract(Matrix other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Rows != other.Rows || Columns != other.Columns)
        {
            throw new LinearAlgebraException($"Cannot subtract a {other.Describe()} matrix from a {Describe()} one.");
        }

        Matrix result = Clone();
        VectorOperations.AddScaled(-1, other._values, result._values);
        return result;
    }

    /// <summary>The square root of the sum of all squared entries, without needless overflow or underflow.</summary>
    public double FrobeniusNorm()
    {
        double largest = MaxMagnitude();
        if (largest == 0 || !double.IsFinite(largest))
        {
            return largest;
        }

        int shift = -Math.ILogB(largest);
        double sum = 0;
        foreach (double value in _values)
        {
            double scaled = Math.ScaleB(value, shift);
            sum += scaled * scaled;
        }

        return Math.ScaleB(Math.Sqrt(sum), -shift);
    }

    /// <summary>The largest magnitude of an entry: 0 for an empty matrix, NaN if there is a NaN.</summary>
    public double MaxMagnitude()
    {
        double largest = 0;
        foreach (double value in _values)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        return largest;
    }

    /// <summary>Refuses a matrix that holds a NaN or an infinity.</summary>
    /// <exception cref="LinearAlgebraException">Names <paramref name="name"/> and the first such entry.</exception>
    public void RequireFinite(string name)
    {
        for (int i = 0; i < _values.Length; i++)
        {
            if (!double.IsFinite(_values[i]))
            {
                throw new LinearAlgebraException(
                    $"{name} ({Describe()}) holds {_values[i]} at ({i / Columns}, {i % Columns}); finite numbers were expected.");
            }
        }
    }

    /// <summary>The size in words, for messages.</summary>
    internal string Describe() => $"{Rows} x {Columns}";

    /// <summary>
    /// Multiplies by the power of two that brings the largest magnitude into [2^<paramref name="exponent"/>, 2^(exponent + 1)) and returns
    /// the power's exponent. A zero matrix stays as it is.
    /// </summary>
    internal int ScaleToExponent(int exponent)
    {
        double largest = MaxMagnitude();
        int shift = largest == 0 ? 0 : exponent - Math.ILogB(largest);
        ScaleByPowerOfTwo(shift);
        return shift;
    }

    /// <summary>Multiplies every entry by 2^<paramref name="shift"/>.</summary>
    internal void ScaleByPowerOfTwo(int shift)
    {
        for (int i = 0; i < _values.Length && shift != 0; i++)
        {
            _values[i] = Math.ScaleB(_values[i], shift);
        }
    }

    private static int RequireSize(int rows, int columns)
    {
        if (rows < 0 || columns < 0 || (long)rows * columns > Array.MaxLength)
        {
            throw new LinearAlgebraException($"{rows} x {columns} is not the size of a matrix.");
        }

        return rows * columns;
    }

    private int Offset(int row, int column)
    {
        if ((uint)row >= (uint)Rows || (uint)column >= (uint)Columns)
        {
            ThrowOutside(row, column);
        }

        return (row * Columns) + column;
    }

    [DoesNotReturn]
    private void ThrowOutside(int row, int column) =>
        throw new LinearAlgebraException($"Entry ({row}, {column}) lies outside a {Describe()} matrix.");
}
