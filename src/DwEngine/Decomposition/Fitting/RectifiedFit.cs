using DwEngine.Decomposition.Calibration;
using DwEngine.Kernels;
using DwEngine.LinearAlgebra;

namespace DwEngine.Decomposition.Fitting;

/// <summary>
/// Goes on with a fit where an activation follows that clamps responses to [l, h], as ReLU does to [0, inf): what lies beyond a limit has only to
/// stay beyond it. Minimises E || z - y^ ||^2 over the pair and the targets z, where z = y within the limits, min(y^, l) where y is at most l, and
/// max(y^, h) where y is at least h. For given targets that is the least squares problem of the moments E[x z^T]; for a given pair the targets
/// have the closed form above. Neither step increases the error.
/// </summary>
internal sealed class RectifiedFit
{
    // Parts into which positions are cut whatever the number of threads; each has sums of its own, which are added in order.
    private const int Parts = 4;

    private readonly SeparableFit _fit;
    private readonly LayerStatistics _statistics;
    private readonly LayerSamples _samples;
    private readonly Matrix _weights;
    private readonly double _strength;
    private readonly Matrix _meanX;

    /// <summary>Starts from a pair that was fitted to the responses themselves.</summary>
    /// <param name="fit">The fit; it goes on in place.</param>
    /// <param name="statistics">Sums over the samples.</param>
    /// <param name="samples">The samples, with the activation that follows.</param>
    /// <param name="weights">W, n x cq, to which the prior holds.</param>
    /// <param name="strength">The strength of the prior.</param>
    public RectifiedFit(SeparableFit fit, LayerStatistics statistics, LayerSamples samples, Matrix weights, double strength)
    {
        _fit = fit;
        _statistics = statistics;
        _samples = samples;
        _weights = weights;
        _strength = strength;
        _meanX = new Matrix(statistics.Inputs, 1, statistics.SumX.ToArray());
        VectorOperations.Scale(_meanX.Values, 1.0 / statistics.Count);
        double[] meanY = statistics.SumY.ToArray();
        VectorOperations.Scale(meanY, 1.0 / statistics.Count);
        Bias = FittedPair.Bias(meanY, fit.ApplyFilters(_meanX), fit.Columns);
    }

    /// <summary>b^, n numbers.</summary>
    public double[] Bias { get; private set; }

    /// <summary>Whether an activation has a limit that targets could make use of.</summary>
    public static bool Applies(Clamp activation) => activation.Low > float.NegativeInfinity || activation.High < float.PositiveInfinity;

    /// <summary>
    /// New targets and the pointwise columns that fit them best, several times over, filters unchanged. Steps are taken from points extrapolated along the
    /// last change, as in Y. Nesterov's method, and from the current point wherever that has not paid (B. O'Donoghue and E. Candes, "Adaptive
    /// Restart for Accelerated Gradient Schemes", 2015).
    /// </summary>
    /// <returns>E || z - y^ ||^2 before the last step.</returns>
    public double RefitPointwise(int steps)
    {
        LayerSamples filtered = _samples.Map(_fit.Filters.Rows, FilterOf(_fit));
        PivotedCholesky normal = PivotedCholesky.Decompose(_fit.FilteredGram(), 1e-11);
        Matrix prior = _fit.ApplyFilters(_weights.Transpose());
        VectorOperations.Scale(prior.Values, _strength);
        Matrix means = _fit.ApplyFilters(_meanX);

        Point current = new(_fit.Columns, Bias);
        Point from = current;
        double momentum = 1;
        double error = double.PositiveInfinity;
        for (int step = 0; step < steps; step++)
        {
            Sums sums = Sum(filtered, from);
            if (sums.Error > error)
            {
                momentum = 1;
            }

            error = sums.Error;
            Matrix cross = prior.Clone();
            VectorOperations.AddScaled(1, sums.Cross.Values, cross.Values);
            for (int row = 0; row < cross.Rows; row++)
            {
                VectorOperations.AddScaled(-means[row, 0], sums.MeanZ, cross.Row(row));
            }

            Matrix columns = normal.Solve(cross);
            Point next = new(columns, FittedPair.Bias(sums.MeanZ, means, columns));
            double nextMomentum = (1 + Math.Sqrt(1 + (4 * momentum * momentum))) / 2;
            from = next.Beyond(current, (momentum - 1) / nextMomentum);
            (current, momentum) = (next, nextMomentum);
        }

        _fit.SetColumns(current.Columns);
        Bias = current.Bias;
        return error;
    }

    /// <summary>New targets for the pair as it is, and a sweep with a refit of the pointwise columns to fit them.</summary>
    public void Sweep()
    {
        Func<Matrix, Matrix> filter = FilterOf(_fit);
        Point point = new(_fit.Columns, Bias);
        LayerStatistics targets = _samples.Retarget(_statistics, (x, y) =>
        {
            Matrix responses = point.Respond(filter(x));
            SetTargets(responses.Values, y.Values, _samples.Activation);
            return y;
        });
        LayerMoments moments = targets.ToMoments(centred: true);
        ResponseProblem problem = ResponseProblem.Of(moments, _fit.Filters.Columns).WithPrior(_weights, _strength);
        _fit.Retarget(problem.Cross, problem.Energy);
        _fit.Sweep();
        _fit.RefitPointwise();
        Bias = FittedPair.Bias(moments.MeanY, _fit.ApplyFilters(_meanX), _fit.Columns);
    }

    // Puts the target in the place of each y and returns the sum of the squared differences between targets and responses.
    private static double SetTargets(ReadOnlySpan<double> responses, Span<double> y, Clamp activation)
    {
        (double low, double high) = (activation.Low, activation.High);
        double error = 0;
        for (int i = 0; i < y.Length; i++)
        {
            double response = responses[i];
            double target = y[i] <= low ? Math.Min(response, low) : y[i] >= high ? Math.Max(response, high) : y[i];
            error += (target - response) * (target - response);
            y[i] = target;
        }

        return error;
    }

    private static Func<Matrix, Matrix> FilterOf(SeparableFit fit)
    {
        Matrix filters = fit.Filters.Clone();
        int rank = fit.Rank;
        return patches => SeparablePair.Filter(patches, filters, rank);
    }

    private Sums Sum(LayerSamples filtered, Point point)
    {
        var parts = new Sums[Parts];
        Workers.For(Parts, filtered.Threads, part =>
        {
            Sums sums = new(new Matrix(filtered.Inputs, filtered.Outputs), new double[filtered.Outputs], 0);
            for (int block = part; block < filtered.Blocks; block += Parts)
            {
                (Matrix x, Matrix y) = filtered.Widen(block);
                sums.Error += SetTargets(point.Respond(x).Values, y.Values, filtered.Activation);
                MatrixProduct.Add(sums.Cross, x, true, y, false);
                ResponseSums.AddRows(y, sums.MeanZ);
            }

            parts[part] = sums;
        });

        for (int part = 1; part < Parts; part++)
        {
            VectorOperations.AddScaled(1, parts[part].Cross.Values, parts[0].Cross.Values);
            VectorOperations.AddScaled(1, parts[part].MeanZ, parts[0].MeanZ);
            parts[0].Error += parts[part].Error;
        }

        VectorOperations.Scale(parts[0].Cross.Values, 1.0 / filtered.Count);
        VectorOperations.Scale(parts[0].MeanZ, 1.0 / filtered.Count);
        parts[0].Error /= filtered.Count;
        return parts[0];
    }

    private sealed class Sums(Matrix cross, double[] meanZ, double error)
    {
        public Matrix Cross { get; } = cross;

        public double[] MeanZ { get; } = meanZ;

        public double Error { get; set; } = error;
    }

    // Pointwise columns and bias.
    private readonly record struct Point(Matrix Columns, double[] Bias)
    {
        // This point moved by a share of its distance from another.
        public Point Beyond(Point other, double share)
        {
            if (share == 0)
            {
                return this;
            }

            return new Point(new Matrix(Columns.Rows, Columns.Columns, Move(Columns.Values, other.Columns.Values)), Move(Bias, other.Bias));

            double[] Move(ReadOnlySpan<double> to, ReadOnlySpan<double> from)
            {
                double[] moved = to.ToArray();
                VectorOperations.AddScaled(share, to, moved);
                VectorOperations.AddScaled(-share, from, moved);
                return moved;
            }
        }

        public Matrix Respond(Matrix filtered)
        {
            Matrix responses = new(filtered.Rows, Bias.Length);
            for (int row = 0; row < responses.Rows; row++)
            {
                Bias.CopyTo(responses.Row(row));
            }

            MatrixProduct.Add(responses, filtered, false, Columns, false);
            return responses;
        }
    }
}
