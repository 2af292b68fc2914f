namespace DwEngine.Kernels;

/// <summary>A block of an output plane: whole rows, or a part of one row.</summary>
/// <param name="Row">The first row.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Column">The first column.</param>
/// <param name="Columns">Columns.</param>
internal readonly record struct OutputBlock(int Row, int Rows, int Column, int Columns)
{
    /// <summary>Pixels of the block.</summary>
    public int Pixels => Rows * Columns;
}
