using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Fitting;
using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Decomposition.Tests.LinearAlgebra;
using DwEngine.Kernels;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Decomposition.Tests.Methods;

[Properties(Arbitrary = [typeof(CalibrationProblems)], MaxTest = 40)]
public class SeparableFitTests
{
    [Property]
    public void Sweeps_and_refits_never_increase_the_error(CalibrationProblem problem)
    {
        ResponseProblem response = Problem(problem, isAsymmetric: true);
        SeparableFit fit = new(response, 1, problem.Convolution.Weights);
        fit.FitToWeights(problem.Convolution.Weights);
        double error = fit.Objective();
        for (int rank = 1; rank <= problem.Convolution.FullRank; rank++)
        {
            for (int step = 0; step < 4; step++)
            {
                error = NotAbove(error, fit.Sweep, fit, response);
                error = NotAbove(error, fit.RefitPointwise, fit, response);
            }

            error = NotAbove(error, fit.Grow, fit, response);
        }
    }

    [Property]
    public void Objective_is_the_value_of_the_problem(CalibrationProblem problem)
    {
        ResponseProblem response = Problem(problem, isAsymmetric: true);
        SeparableFit fit = new(response, 1, problem.Convolution.Weights);
        Assert.Equal(response.Error(problem.Convolution.Weights), fit.Objective(), 1e-9 * response.Energy);
        fit.Sweep();
        Assert.Equal(response.Error(Weights(problem, fit)), fit.Objective(), 1e-9 * response.Energy);
        fit.RefitPointwise();
        Assert.Equal(response.Error(Weights(problem, fit)), fit.Objective(), 1e-9 * response.Energy);
    }

    [Theory]
    [InlineData(40, 3, 3)]
    [InlineData(70, 2, 2)]
    public void Channels_that_are_fitted_in_several_blocks_leave_what_the_definition_says(int inputs, int height, int width)
    {
        CalibrationProblem problem = new(inputs, height, width, 6, 400, CalibrationProblem.Plain, 3);
        LayerSamples samples = problem.Samples(isAsymmetric: true);
        LayerMoments moments = samples.Accumulate().ToMoments(centred: true);
        ResponseProblem one = ResponseProblem.Of(moments, problem.Convolution.Taps)
            .WithPrior(problem.Convolution.Weights, ResponseProblem.PriorStrength(moments));
        SeparableFit fit = new(one, 1, problem.Convolution.Weights), shared = new(one with { Threads = 3 }, 1, problem.Convolution.Weights);
        double error = double.PositiveInfinity;
        for (int sweep = 0; sweep < 3; sweep++)
        {
            fit.Sweep();
            shared.Sweep();
            Assert.Equal(one.Error(Weights(problem, fit)), fit.Objective(), 1e-9 * one.Energy);
            Assert.InRange(fit.Objective(), 0, error + (1e-10 * one.Energy));
            Assert.True(fit.Filters.Values.SequenceEqual(shared.Filters.Values));
            Assert.True(fit.Columns.Values.SequenceEqual(shared.Columns.Values));
            error = fit.Objective();
        }
    }

    [Property]
    public void Value_of_a_problem_is_what_the_samples_say(CalibrationProblem problem)
    {
        LayerSamples samples = problem.Samples(isAsymmetric: true);
        ResponseProblem response = ResponseProblem.Of(samples.Accumulate().ToMoments(centred: true), problem.Convolution.Taps);
        Matrix weights = MatrixSamples.Gaussian(problem.Outputs, problem.Convolution.Weights.Columns, new Random(problem.Seed + 5));
        Matrix errors = new(samples.Count, problem.Outputs);
        double[] mean = new double[problem.Outputs];
        for (int row = 0; row < samples.Count; row++)
        {
            for (int o = 0; o < problem.Outputs; o++)
            {
                errors[row, o] = samples.Y(row)[o];
                for (int i = 0; i < samples.Inputs; i++)
                {
                    errors[row, o] -= weights[o, i] * samples.X(row)[i];
                }

                mean[o] += errors[row, o] / samples.Count;
            }
        }

        double expected = 0;
        for (int row = 0; row < samples.Count; row++)
        {
            for (int o = 0; o < problem.Outputs; o++)
            {
                expected += (errors[row, o] - mean[o]) * (errors[row, o] - mean[o]) / samples.Count;
            }
        }

        Assert.Equal(expected, response.Error(weights), 1e-8 * (expected + response.Energy + 1));
    }

    [Property]
    public void Own_weights_are_fitted_as_by_the_svd_under_the_channel_metric(CalibrationProblem problem)
    {
        ResponseProblem response = Problem(problem, isAsymmetric: false);
        CompositeConvolution target = problem.Convolution;
        SeparableFit fit = new(response, 1, target.Weights);
        fit.FitToWeights(target.Weights);
        for (int i = 0; i < target.Inputs; i++)
        {
            int taps = target.Taps;
            Matrix metric = response.Gram.Block(i * taps, i * taps, taps, taps);
            double lost = MetricSvd.Decompose(target.Channel(i), null, metric).SingularValues.ToArray().Skip(1).Sum(value => value * value);
            Matrix left = target.Channel(i).Subtract(Weights(problem, fit).Block(0, i * taps, target.Outputs, taps));
            double error = VectorOperations.Dot(left.Multiply(metric).Values, left.Values);
            Assert.Equal(lost, error, 1e-9 * (response.Energy + 1));
        }
    }

    [Property]
    public void Sweep_is_the_regression_of_each_channel_on_what_the_others_leave(CalibrationProblem problem)
    {
        ResponseProblem response = Problem(problem, isAsymmetric: true);
        CompositeConvolution target = problem.Convolution;
        SeparableFit fit = new(response, 1, target.Weights);
        fit.Sweep();

        // The same by the definition: R_i = C_i - sum_{j != i} G_ij W^_j^T and the SVD of (G_ii^-1/2 R_i)^T.
        int taps = target.Taps;
        Matrix weights = target.Weights.Clone();
        for (int i = 0; i < target.Inputs; i++)
        {
            Matrix others = weights.Clone();
            for (int o = 0; o < target.Outputs; o++)
            {
                others.Row(o).Slice(i * taps, taps).Clear();
            }

            Matrix left = response.Cross.Block(i * taps, 0, taps, target.Outputs).Subtract(
                response.Gram.Block(i * taps, 0, taps, response.Gram.Columns).MultiplyTranspose(others));
            Matrix metric = response.Gram.Block(i * taps, i * taps, taps, taps);
            Matrix regression = LeastSquares.Solve(metric, left).Transpose();
            MetricSvd svd = MetricSvd.Decompose(regression, null, metric);
            for (int o = 0; o < target.Outputs; o++)
            {
                for (int tap = 0; tap < taps; tap++)
                {
                    weights[o, (i * taps) + tap] = svd.U[o, 0] * svd.SingularValues[0] * svd.V[tap, 0];
                }
            }
        }

        Assert.Equal(response.Error(weights), fit.Objective(), 1e-6 * (response.Energy + 1e-12));
    }

    [Property]
    public void Targets_behind_a_clamp_lower_the_error_in_every_step(CalibrationProblem problem, bool isRelu)
    {
        LayerSamples samples = problem.Samples(isRelu ? Clamp.Relu : new Clamp(-1, 2), threads: 2, isAsymmetric: true);
        LayerMoments moments = samples.Accumulate().ToMoments(centred: true);
        CompositeConvolution target = problem.Convolution;
        ResponseProblem response = ResponseProblem.Of(moments, target.Taps);
        double strength = ResponseProblem.PriorStrength(moments);
        SeparableFit fit = new(response.WithPrior(target.Weights, strength), 1, target.Weights);
        fit.FitToWeights(target.Weights);
        RectifiedFit rectified = new(fit, moments, samples, target.Weights, strength);
        double error = Error();
        for (int round = 0; round < 3; round++)
        {
            rectified.RefitPointwise(1);
            Assert.InRange(Error(), 0, error + Tolerance());
            error = Error();
            rectified.Sweep();
            Assert.InRange(Error(), 0, error + Tolerance());
            error = Error();
        }

        // Filtered samples are in single precision.
        double Tolerance() => 1e-5 * (response.Energy + (strength * target.Weights.FrobeniusNorm()) + error);

        double Error()
        {
            double norm = target.Weights.Subtract(Weights(problem, fit)).FrobeniusNorm();
            return rectified.Error() + (strength * norm * norm);
        }
    }

    private static ResponseProblem Problem(CalibrationProblem problem, bool isAsymmetric) =>
        problem.Response(problem.Samples(isAsymmetric: isAsymmetric));

    private static double NotAbove(double error, Action step, SeparableFit fit, ResponseProblem problem)
    {
        step();
        Assert.InRange(fit.Objective(), 0, error + (1e-10 * problem.Energy));
        return fit.Objective();
    }

    private static Matrix Weights(CalibrationProblem problem, SeparableFit fit) =>
        FittedPair.Separable(problem.Convolution, fit, new double[problem.Outputs]).Expand().Weights;
}
