namespace DwEngine.Kernels.Reference;

/// <summary>The product of two matrices, naive.</summary>
internal static class MatrixProductReference
{
    /// <summary>Computes one product.</summary>
    /// <param name="rows">Rows of the left and of the result.</param>
    /// <param name="depth">Columns of the left and rows of the right.</param>
    /// <param name="columns">Columns of the right and of the result.</param>
    /// <param name="left">Rows x depth.</param>
    /// <param name="right">Depth x columns.</param>
    /// <param name="output">Rows x columns.</param>
    public static void Run(int rows, int depth, int columns, ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> output)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                double sum = 0;
                for (int k = 0; k < depth; k++)
                {
                    sum += (double)left[(row * depth) + k] * right[(k * columns) + column];
                }

                output[(row * columns) + column] = (float)sum;
            }
        }
    }
}
