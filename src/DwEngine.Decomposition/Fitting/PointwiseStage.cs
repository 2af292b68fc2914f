using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition.Fitting;

/// <summary>The pointwise stage of a pair whose spatial filters are given, y^ = E y^ + P (s - E s).</summary>
/// <param name="Columns">P^T, m x n.</param>
/// <param name="Mean">E y^, n numbers.</param>
internal readonly record struct PointwiseStage(Matrix Columns, double[] Mean)
{
    /// <summary>This stage moved on by a share of the way that led to it from another.</summary>
    public PointwiseStage Beyond(PointwiseStage previous, double share) => share == 0 ? this : new PointwiseStage(
        new Matrix(Columns.Rows, Columns.Columns, Beyond(Columns.Values, previous.Columns.Values, share)),
        Beyond(Mean, previous.Mean, share));

    /// <summary>The responses to what the filters made of patches.</summary>
    /// <param name="filtered">s - E s, k x m.</param>
    /// <param name="room">A result of an earlier call, which is used again where its size fits.</param>
    /// <returns>k x n.</returns>
    public Matrix Respond(Matrix filtered, Matrix? room = null)
    {
        Matrix responses = room?.Rows == filtered.Rows ? room : new Matrix(filtered.Rows, Mean.Length);
        for (int row = 0; row < responses.Rows; row++)
        {
            Mean.CopyTo(responses.Row(row));
        }

        MatrixProduct.Add(responses, filtered, false, Columns, false);
        return responses;
    }

    private static double[] Beyond(ReadOnlySpan<double> current, ReadOnlySpan<double> previous, double share)
    {
        double[] moved = current.ToArray();
        VectorOperations.AddScaled(share, current, moved);
        VectorOperations.AddScaled(-share, previous, moved);
        return moved;
    }
}
