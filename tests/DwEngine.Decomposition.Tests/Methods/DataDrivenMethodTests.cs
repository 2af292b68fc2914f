using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Fitting;
using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Decomposition.Methods;
using DwEngine.Decomposition.Tests.LinearAlgebra;
using DwEngine.Kernels;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Decomposition.Tests.Methods;

[Properties(Arbitrary = [typeof(CalibrationProblems)], MaxTest = 25)]
public class DataDrivenMethodTests
{
    private static IDecompositionMethod[] SeparableMethods { get; } =
        [.. DecompositionMethods.All.Where(method => method is not ChannelMethod)];

    [Property]
    public void Full_rank_reproduces_the_convolution(CalibrationProblem problem)
    {
        CompositeConvolution target = problem.Convolution;
        LayerSamples samples = problem.Samples(Clamp.Relu);
        (double ofWeights, double ofEnergy) = RoundingShares(problem);
        foreach (IDecompositionMethod method in SeparableMethods)
        {
            foreach (bool withSamples in new[] { false, true })
            {
                DecompositionResult result = method.Decompose(problem.Request(target.FullRank, samples, withSamples));
                AssertSame(target, result.Pair, problem);
                Assert.InRange(result.RelativeError, 0, Math.Max(1e-10, ofWeights));
                Assert.InRange(result.RetainedEnergy, 1 - Math.Max(1e-9, ofEnergy), 1);
            }
        }
    }

    [Property]
    public Property Channel_decomposition_of_all_channels_reproduces_the_convolution(CalibrationProblem problem)
    {
        // The rank at which the cost admits d = n.
        CompositeConvolution target = problem.Convolution;
        int rank = (int)Math.Ceiling(
            problem.Outputs * (double)(target.Weights.Columns + problem.Outputs) / (target.Inputs * (target.Taps + problem.Outputs)));
        return Prop.When(rank <= target.FullRank, () => AssertSame(
            target, new ChannelMethod().Decompose(problem.Request(rank, problem.Samples())).Pair, problem));
    }

    [Property]
    public void Pairs_are_finite_leave_no_mean_error_and_cost_what_the_rank_says(CalibrationProblem problem)
    {
        LayerSamples samples = problem.Samples(isAsymmetric: true);
        LayerStatistics statistics = samples.Accumulate();
        foreach (IDecompositionMethod method in DecompositionMethods.All.Where(method => method.Needs != CalibrationData.None))
        {
            DecompositionResult result = method.Decompose(problem.Request(1, samples));
            Assert.InRange(result.RetainedEnergy, 0, 1);
            Assert.True(double.IsFinite(result.RelativeError));
            long separable = problem.Inputs * (problem.Convolution.Taps + problem.Outputs);
            if (result.Pair is ChannelPair { Spatial.Rows: > 1 })
            {
                Assert.InRange(result.Pair.MultiplyAddsPerPosition, 1, separable);
            }
            else if (result.Pair is SeparablePair)
            {
                Assert.Equal(separable, result.Pair.MultiplyAddsPerPosition);
            }

            CompositeConvolution expanded = result.Pair.Expand();
            expanded.Weights.RequireFinite(method.Name);
            LayerMoments moments = statistics.ToMoments(centred: false);
            Matrix mean = CalibrationProblem.Respond(expanded, new Matrix(1, samples.Inputs, moments.MeanX));
            MatrixAssert.Close(new Matrix(1, problem.Outputs, moments.MeanY), mean, 1e-7);
        }
    }

    [Property]
    public void Error_of_joint_does_not_rise_with_the_rank(CalibrationProblem problem)
    {
        LayerSamples samples = problem.Samples(isAsymmetric: true);
        LayerStatistics statistics = samples.Accumulate();
        double previous = double.PositiveInfinity;
        for (int rank = 1; rank <= problem.Convolution.FullRank; rank++)
        {
            ConvolutionPair pair = new JointMethod().Decompose(problem.Request(rank, samples)).Pair;
            double error = statistics.ResponseError(pair.Expand());

            // What is minimised includes the prior, which data outweigh by four orders of magnitude.
            Assert.InRange(error, 0, previous + 1e-3);
            previous = error;
        }
    }

    [Property]
    public void Pointwise_columns_of_joint_are_the_best_for_its_filters(CalibrationProblem problem)
    {
        LayerSamples samples = problem.Samples(isAsymmetric: true);
        ResponseProblem response = problem.Response(samples);
        int taps = problem.Convolution.Taps;
        for (int rank = 1; rank <= problem.Convolution.FullRank; rank++)
        {
            var pair = (SeparablePair)new JointMethod().Decompose(problem.Request(rank, samples)).Pair;
            // B^T (C - G W^^T) = 0, where column it of B holds d_it in the rows of channel i.
            Matrix left = response.Cross.Subtract(response.Gram.MultiplyTranspose(pair.Expand().Weights));
            for (int filter = 0; filter < pair.Depthwise.Rows; filter++)
            {
                double[] gradient = new double[problem.Outputs], scale = new double[problem.Outputs];
                for (int tap = 0; tap < taps; tap++)
                {
                    int row = (filter / rank * taps) + tap;
                    VectorOperations.AddScaled(pair.Depthwise[filter, tap], left.Row(row), gradient);
                    VectorOperations.AddScaled(pair.Depthwise[filter, tap], response.Cross.Row(row), scale);
                }

                Assert.InRange(Norm(gradient), 0, 1e-6 * (Norm(scale) + 1));
            }
        }
    }

    private static double Norm(double[] vector) => Math.Sqrt(VectorOperations.Dot(vector, vector));

    [Fact]
    public void Further_sweeps_of_joint_gain_little()
    {
        for (int seed = 0; seed < 8; seed++)
        {
            var problem = new CalibrationProblem(6, 3, 3, 12, 400, CalibrationProblem.Plain, seed);
            LayerSamples samples = problem.Samples(isAsymmetric: true);
            ResponseProblem response = problem.Response(samples);
            for (int rank = 1; rank <= 3; rank++)
            {
                Matrix weights = new JointMethod().Decompose(problem.Request(rank, samples)).Pair.Expand().Weights;
                var further = new SeparableFit(response, rank, weights);
                double error = further.Objective();
                for (int sweep = 0; sweep < 3; sweep++)
                {
                    further.Sweep();
                    further.RefitPointwise();
                }

                Assert.InRange(further.Objective(), 0.99 * error, error);
            }
        }
    }

    [Property]
    public void Error_of_channel_decomposition_does_not_rise_with_the_cost(CalibrationProblem problem)
    {
        LayerSamples samples = problem.Samples();
        double previous = 0;
        for (int rank = 1; rank <= problem.Convolution.FullRank; rank++)
        {
            double retained = new ChannelMethod().Decompose(problem.Request(rank, samples)).RetainedEnergy;
            Assert.InRange(retained, previous - 1e-3, 1);
            previous = retained;
        }
    }

    [Property]
    public void Same_data_give_same_bits_for_any_number_of_threads(CalibrationProblem problem)
    {
        foreach (IDecompositionMethod method in DecompositionMethods.All)
        {
            ConvolutionPair[] pairs =
            [
                .. new[] { 1, 1, 3 }.Select(threads =>
                {
                    LayerSamples samples = problem.Samples(Clamp.Relu, threads, isAsymmetric: true);
                    return method.Decompose(problem.Request(1, samples, withSamples: true)).Pair;
                }),
            ];
            foreach (ConvolutionPair pair in pairs.Skip(1))
            {
                Assert.True(pairs[0].Expand().Weights.Values.SequenceEqual(pair.Expand().Weights.Values));
                Assert.True(pairs[0].Bias.SequenceEqual(pair.Bias));
            }
        }
    }

    [Fact]
    public void Each_step_of_the_ladder_pays_on_correlated_data()
    {
        CalibrationProblem problem = new(12, 3, 3, 16, 3000, CalibrationProblem.Plain, 5);
        LayerSamples samples = problem.Samples(Clamp.Relu);
        double svd = Error(new SvdMethod()), gsvd = Error(new GsvdMethod()), interChannel = Error(new InterChannelMethod());
        double joint = Error(new JointMethod()), channel = Error(new ChannelMethod());
        Assert.True(svd > 1.2 * gsvd, $"svd {svd}, gsvd {gsvd}");
        Assert.True(gsvd > 1.05 * interChannel, $"gsvd {gsvd}, inter-channel {interChannel}");
        Assert.True(interChannel > 1.02 * joint, $"inter-channel {interChannel}, joint {joint}");
        Assert.True(channel > 1.05 * joint, $"channel {channel}, joint {joint}");

        double Error(IDecompositionMethod method) =>
            samples.Accumulate().ResponseError(method.Decompose(problem.Request(1, samples)).Pair.Expand());
    }

    [Fact]
    public void Rectified_targets_lower_the_error_behind_the_activation()
    {
        CalibrationProblem problem = new(8, 3, 3, 12, 2000, CalibrationProblem.Plain, 6);
        foreach (Clamp clamp in new[] { Clamp.Relu, Clamp.Relu6 })
        {
            LayerSamples samples = problem.Samples(clamp, isAsymmetric: true);
            double plain = ErrorBehind(clamp, samples, new JointMethod().Decompose(problem.Request(1, samples)).Pair);
            double rectified = ErrorBehind(clamp, samples, new JointMethod().Decompose(problem.Request(1, samples, true)).Pair);
            Assert.True(rectified < 0.85 * plain, $"{rectified} with rectified targets, {plain} without");
        }
    }

    [Fact]
    public void Without_an_activation_samples_change_nothing()
    {
        CalibrationProblem problem = new(3, 3, 3, 5, 200, CalibrationProblem.Plain, 7);
        LayerSamples samples = problem.Samples(Clamp.None);
        ConvolutionPair with = new JointMethod().Decompose(problem.Request(1, samples, true)).Pair;
        ConvolutionPair without = new JointMethod().Decompose(problem.Request(1, samples)).Pair;
        Assert.True(with.Expand().Weights.Values.SequenceEqual(without.Expand().Weights.Values));
    }

    [Fact]
    public void Channel_decomposition_keeps_the_leading_principal_components_at_equal_cost()
    {
        CalibrationProblem problem = new(6, 3, 3, 10, 1000, CalibrationProblem.Plain, 8);
        LayerSamples samples = problem.Samples();
        LayerMoments moments = samples.Accumulate().ToMoments(centred: true);
        DecompositionResult result = new ChannelMethod().Decompose(problem.Request(2, samples));
        ChannelPair pair = Assert.IsType<ChannelPair>(result.Pair);
        int channels = 2 * 6 * (9 + 10) / ((6 * 9) + 10);
        Assert.Equal(channels, pair.Spatial.Rows);
        double[] variances = SymmetricEigen.Decompose(moments.S).Values.ToArray();
        Assert.Equal(variances.Take(channels).Sum() / variances.Sum(), result.RetainedEnergy, 1e-5);
        MatrixAssert.Close(Matrix.Identity(channels), pair.Pointwise.TransposeMultiply(pair.Pointwise), 1e-12);
    }

    [Fact]
    public void Asymmetric_data_make_up_for_errors_of_the_layers_before()
    {
        CalibrationProblem problem = new(6, 3, 3, 10, 2000, CalibrationProblem.Plain, 9);
        LayerSamples original = problem.Samples(), asymmetric = problem.Samples(isAsymmetric: true);
        Assert.True(Error(new InterChannelMethod(), original) > Error(new MultiLayerMethod(), asymmetric));
        Assert.True(Error(new ChannelMethod(), original) > Error(new ChannelAsymmetricMethod(), asymmetric));

        double Error(IDecompositionMethod method, LayerSamples samples) =>
            asymmetric.Accumulate().ResponseError(method.Decompose(problem.Request(1, samples)).Pair.Expand());
    }

    [Fact]
    public void Data_that_are_needed_and_missing_are_named()
    {
        CompositeConvolution target = new CalibrationProblem(2, 3, 3, 4, 20, CalibrationProblem.Plain, 1).Convolution;
        foreach (IDecompositionMethod method in DecompositionMethods.All.Where(method => method.Needs != CalibrationData.None))
        {
            DecompositionException error =
                Assert.Throws<DecompositionException>(() => method.Decompose(new DecompositionRequest(target, 1)));
            Assert.Contains(method.Name, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Best_method_is_joint_with_data_and_svd_without()
    {
        Assert.IsType<SvdMethod>(DecompositionMethods.Best(CalibrationData.None));
        Assert.IsType<JointMethod>(DecompositionMethods.Best(CalibrationData.Original));
        Assert.IsType<JointMethod>(DecompositionMethods.Best(CalibrationData.Asymmetric));
    }

    [Fact]
    public void Decoupling_keeps_the_leading_triplets_of_each_channel()
    {
        CompositeConvolution target = new CalibrationProblem(3, 3, 3, 8, 20, CalibrationProblem.Plain, 2).Convolution;
        ConvolutionPair pair = new DecouplingMethod().Decompose(new DecompositionRequest(target, 3)).Pair;
        for (int i = 0; i < target.Inputs; i++)
        {
            MatrixAssert.Close(Svd.Decompose(target.Channel(i)).Reconstruct(3), pair.Expand().Channel(i), 1e-12);
        }
    }

    private static void AssertSame(CompositeConvolution target, ConvolutionPair pair, CalibrationProblem problem)
    {
        CompositeConvolution expanded = pair.Expand();
        double rounding = RoundingOfWeights(problem, problem.Samples().Accumulate().ToMoments(centred: true));
        MatrixAssert.Close(target.Weights, expanded.Weights, Math.Max(1e-5, rounding / target.Weights.MaxMagnitude()));
        Matrix patches = problem.Patches();
        MatrixAssert.Close(CalibrationProblem.Respond(target, patches), CalibrationProblem.Respond(expanded, patches), 1e-5);
    }

    // What the rounding of the samples to float32 may be of the weights' and of the responses' energy.
    private static (double OfWeights, double OfEnergy) RoundingShares(CalibrationProblem problem)
    {
        LayerMoments moments = problem.Samples().Accumulate().ToMoments(centred: true);
        double rounding = RoundingOfResponses(problem), weights = RoundingOfWeights(problem, moments);
        double variance = Enumerable.Range(0, problem.Outputs).Sum(output => moments.S[output, output]);
        double norm = problem.Convolution.Weights.FrobeniusNorm();
        double energy = problem.Kind == CalibrationProblem.FewPositions ? problem.Outputs * rounding * rounding / variance : 0;
        return (problem.Outputs * weights * weights / (norm * norm), energy);
    }

    // An error e of the responses moves a row of the least-squares weights by e sqrt(g) / (g + p) along an axis of the inputs' variance g,
    // where p is the strength of the prior: by at most e / (2 sqrt(p)). Only few positions have axes on which they hardly differ.
    private static double RoundingOfWeights(CalibrationProblem problem, LayerMoments moments) =>
        problem.Kind != CalibrationProblem.FewPositions ? 0
        : RoundingOfResponses(problem) * Math.Sqrt(moments.G.Rows) / (2 * Math.Sqrt(ResponseProblem.PriorStrength(moments)));

    // Half a unit in the last place of the largest response, and of what the inputs of a position add up to.
    private static double RoundingOfResponses(CalibrationProblem problem)
    {
        Matrix patches = problem.Patches(), weights = problem.Convolution.Weights;
        double sum = Enumerable.Range(0, weights.Rows).Max(row => weights.Row(row).ToArray().Sum(Math.Abs));
        double responses = CalibrationProblem.Respond(problem.Convolution, patches).MaxMagnitude();
        return (responses + (sum * patches.MaxMagnitude())) / (1 << 24);
    }

    private static double ErrorBehind(Clamp clamp, LayerSamples samples, ConvolutionPair pair)
    {
        double error = 0, energy = 0;
        for (int row = 0; row < samples.Count; row++)
        {
            Matrix patch = new(1, samples.Inputs, Array.ConvertAll(samples.X(row).ToArray(), value => (double)value));
            Matrix response = pair.Respond(patch);
            for (int o = 0; o < samples.Outputs; o++)
            {
                double expected = Math.Clamp(samples.Y(row)[o], clamp.Low, clamp.High);
                double difference = expected - Math.Clamp(response[0, o], clamp.Low, clamp.High);
                error += difference * difference;
                energy += expected * expected;
            }
        }

        return error / energy;
    }
}
