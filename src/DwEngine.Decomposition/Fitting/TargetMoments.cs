using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Decomposition.Threading;
using DwEngine.Kernels;

namespace DwEngine.Decomposition.Fitting;

/// <summary>
/// Means over sampled positions of the targets z that make the best of a clamp to [l, h] behind the responses: z = y within the limits,
/// min(y^, l) where y is at most l, and max(y^, h) where y is at least h.
/// </summary>
internal sealed class TargetMoments
{
    // Parts into which positions are cut whatever the number of threads; each has sums of its own, which are added in order.
    private const int Parts = 4;

    private TargetMoments(int inputs, int outputs)
    {
        Cross = new Matrix(inputs, outputs);
        MeanZ = new double[outputs];
    }

    /// <summary>E[u z^T] of the inputs u.</summary>
    public Matrix Cross { get; }

    /// <summary>E z.</summary>
    public double[] MeanZ { get; }

    /// <summary>E || z ||^2.</summary>
    public double Energy { get; private set; }

    /// <summary>E || z - y^ ||^2.</summary>
    public double Error { get; private set; }

    /// <summary>Sums up targets; the bits do not depend on the number of threads.</summary>
    /// <param name="filtered">
    /// What the spatial filters make of patches, less its mean, with the responses y and the clamp behind them.
    /// </param>
    /// <param name="stage">Makes the responses y^.</param>
    /// <param name="patches">Where u comes from, if it is not what the filters make: the same positions before the filters.</param>
    public static TargetMoments Of(LayerSamples filtered, PointwiseStage stage, LayerSamples? patches = null)
    {
        LayerSamples inputs = patches ?? filtered;
        var parts = new TargetMoments[Parts];
        Workers.For(Parts, filtered.Threads, part =>
        {
            parts[part] = new TargetMoments(inputs.Inputs, inputs.Outputs);
            (Matrix X, Matrix Y) room = default, patchRoom = default;
            Matrix? responses = null;
            for (int block = part; block < filtered.Blocks; block += Parts)
            {
                filtered.Widen(block, ref room);
                responses = stage.Respond(room.X, responses);
                Matrix factor = room.X;
                if (patches is not null)
                {
                    patches.Widen(block, ref patchRoom);
                    factor = patchRoom.X;
                }

                parts[part].Add(factor, room.Y, responses, filtered.Activation);
            }
        });

        for (int part = 1; part < Parts; part++)
        {
            parts[0].Merge(parts[part]);
        }

        parts[0].Scale(1.0 / filtered.Count);
        return parts[0];
    }

    // Puts the target in the place of each y, and what it leaves in that of the response.
    private void Add(Matrix inputs, Matrix y, Matrix responses, Clamp clamp)
    {
        for (int row = 0; row < y.Rows; row++)
        {
            Span<double> target = y.Row(row), difference = responses.Row(row);
            VectorOperations.HoldBeyond(clamp.Low, clamp.High, target, difference);
            Error += VectorOperations.Dot(difference, difference);
            Energy += VectorOperations.Dot(target, target);
        }

        MatrixProduct.Add(Cross, inputs, true, y, false);
        ResponseSums.AddRows(y, MeanZ);
    }

    private void Merge(TargetMoments other)
    {
        VectorOperations.AddScaled(1, other.Cross.Values, Cross.Values);
        VectorOperations.AddScaled(1, other.MeanZ, MeanZ);
        Error += other.Error;
        Energy += other.Energy;
    }

    private void Scale(double factor)
    {
        VectorOperations.Scale(Cross.Values, factor);
        VectorOperations.Scale(MeanZ, factor);
        Error *= factor;
        Energy *= factor;
    }
}
