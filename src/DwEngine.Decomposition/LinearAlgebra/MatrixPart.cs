namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>A block of a matrix, which is not copied.</summary>
/// <param name="Source">The matrix.</param>
/// <param name="Row">Its first row that belongs to the block.</param>
/// <param name="Column">Its first column that belongs to the block.</param>
/// <param name="Rows">Rows of the block.</param>
/// <param name="Columns">Columns of the block.</param>
internal readonly record struct MatrixPart(Matrix Source, int Row, int Column, int Rows, int Columns)
{
    /// <summary>A whole matrix.</summary>
    public static implicit operator MatrixPart(Matrix matrix) => new(matrix, 0, 0, matrix.Rows, matrix.Columns);

    /// <summary>Some whole rows of a matrix.</summary>
    public static MatrixPart OfRows(Matrix matrix, int first, int count) => new(matrix, first, 0, count, matrix.Columns);

    /// <summary>Some whole columns of a matrix.</summary>
    public static MatrixPart OfColumns(Matrix matrix, int first, int count) => new(matrix, 0, first, matrix.Rows, count);

    /// <summary>Whether the blocks have an entry in common.</summary>
    public bool Overlaps(MatrixPart other) => ReferenceEquals(Source, other.Source)
        && Row < other.Row + other.Rows && other.Row < Row + Rows
        && Column < other.Column + other.Columns && other.Column < Column + Columns;

    /// <summary>The entries of a row.</summary>
    public Span<double> RowSpan(int row) => Source.Row(Row + row).Slice(Column, Columns);
}
