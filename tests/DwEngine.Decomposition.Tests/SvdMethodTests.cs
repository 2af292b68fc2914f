using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Decomposition.Methods;
using DwEngine.Decomposition.Tests.LinearAlgebra;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Decomposition.Tests;

[Properties(Arbitrary = [typeof(ConvolutionSamples)], MaxTest = 40)]
public class SvdMethodTests
{
    private static readonly SvdMethod Method = new();

    [Property]
    public void Pair_of_full_rank_computes_what_the_layers_compute(LinearChain chain)
    {
        CompositeConvolution composite = chain.Fold();
        DecompositionResult result = Decompose(composite, composite.FullRank);
        Assert.True(result.RelativeError <= 1e-20);
        Assert.Equal(1, result.RetainedEnergy, 1e-12);
        var pair = (SeparablePair)result.Pair;
        Convolution depthwise = new(pair.SpatialTensor(), null, chain.Window, pair.Inputs);
        Convolution pointwise = new(pair.PointwiseTensor(), pair.BiasTensor(), Window.Square(1));
        Tensor input = chain.Input();
        TensorAssertion.Close(chain.Run(input), LinearChain.Apply(input, depthwise, pointwise), 1e-5);
    }

    [Property]
    public void Error_does_not_rise_with_the_rank_and_is_the_energy_that_is_lost(LinearChain chain)
    {
        CompositeConvolution composite = chain.Fold();
        double previous = 1;
        for (int rank = 1; rank <= composite.FullRank; rank++)
        {
            DecompositionResult result = Decompose(composite, rank);
            Assert.InRange(result.RelativeError, 0, previous + 1e-12);
            Assert.Equal(1 - result.RetainedEnergy, result.RelativeError, 1e-12);
            Assert.Equal(rank, Assert.IsType<SeparablePair>(result.Pair).Rank);
            previous = result.RelativeError;
        }
    }

    [Fact]
    public void Separable_weights_are_recovered_at_rank_one()
    {
        Random random = new(7);
        SeparablePair made = new(MatrixSamples.Gaussian(5, 9, random), MatrixSamples.Gaussian(8, 5, random), new double[8], 1, 3, 3);
        DecompositionResult result = Decompose(made.Expand(), 1);
        Assert.True(result.RelativeError < 1e-28);
        MatrixAssert.Close(made.Expand().Weights, result.Pair.Expand().Weights, 1e-14);
    }

    [Fact]
    public void Gaussian_weights_keep_the_share_that_random_matrix_theory_expects()
    {
        // The largest squared singular value of 58 x 9 Gaussian noise is near (sqrt 58 + sqrt 9)^2 of an energy of 522: a fifth, where the
        // edge of the spectrum is approached from below.
        CompositeConvolution convolution = new(MatrixSamples.Gaussian(58, 58 * 9, new Random(1)), new double[58], 3, 3);
        double error = Decompose(convolution, 1).RelativeError;
        Assert.InRange(error, 0.79, 0.82);
    }

    [Fact]
    public void Dead_channels_and_a_zero_convolution_are_exact()
    {
        Matrix weights = MatrixSamples.Gaussian(4, 3 * 4, new Random(3));
        for (int o = 0; o < 4; o++)
        {
            weights.Row(o).Slice(4, 4).Clear();
        }

        var pair = (SeparablePair)Decompose(new CompositeConvolution(weights, [1, 2, 3, 4], 2, 2), 2).Pair;
        Assert.Equal(0, pair.Expand().Channel(1).MaxMagnitude());
        Assert.Equal([1, 2, 3, 4], pair.Bias.ToArray());
        DecompositionResult zero = Decompose(new CompositeConvolution(new Matrix(4, 12), new double[4], 2, 2), 1);
        Assert.Equal((0, 1), (zero.RelativeError, zero.RetainedEnergy));
    }

    [Fact]
    public void Cost_is_that_of_a_depthwise_and_a_pointwise_convolution()
    {
        CompositeConvolution convolution = new(MatrixSamples.Gaussian(58, 24 * 9, new Random(3)), new double[58], 3, 3);
        Assert.Equal(58 * 24 * 9, convolution.MultiplyAddsPerPosition);
        Assert.Equal((24 * 9) + (24 * 58), Decompose(convolution, 1).Pair.MultiplyAddsPerPosition);
        Assert.Equal(3 * ((24 * 9) + (24 * 58)), Decompose(convolution, 3).Pair.MultiplyAddsPerPosition);
    }

    [Fact]
    public void Same_weights_give_same_bits()
    {
        CompositeConvolution convolution = new(MatrixSamples.Gaussian(10, 6 * 9, new Random(4)), new double[10], 3, 3);
        var first = (SeparablePair)Decompose(convolution, 2).Pair;
        var second = (SeparablePair)Decompose(convolution, 2).Pair;
        Assert.True(first.Depthwise.Values.SequenceEqual(second.Depthwise.Values));
        Assert.True(first.Pointwise.Values.SequenceEqual(second.Pointwise.Values));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(5)]
    public void Rank_out_of_range_is_refused(int rank)
    {
        CompositeConvolution convolution = new(new Matrix(4, 18), new double[4], 3, 3);
        Assert.Throws<DecompositionException>(() => Decompose(convolution, rank));
    }

    [Fact]
    public void Methods_are_found_by_name()
    {
        Assert.IsType<SvdMethod>(DecompositionMethods.Find("SVD"));
        DecompositionException error = Assert.Throws<DecompositionException>(() => DecompositionMethods.Find("magic"));
        Assert.Contains("svd", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Factors_that_do_not_fit_are_refused()
    {
        Assert.Throws<ShapeException>(() => new SeparablePair(new Matrix(4, 9), new Matrix(3, 5), new double[3], 1, 3, 3));
        Assert.Throws<ShapeException>(() => new SeparablePair(new Matrix(4, 9), new Matrix(3, 4), new double[3], 3, 3, 3));
        Assert.Throws<ShapeException>(() => new SeparablePair(new Matrix(4, 9), new Matrix(3, 4), new double[2], 1, 3, 3));
        SeparablePair huge = new(new Matrix(1, 1, [1e200]), new Matrix(1, 1, [1]), [0], 1, 1, 1);
        Assert.Throws<DecompositionException>(huge.SpatialTensor);
    }

    private static DecompositionResult Decompose(CompositeConvolution convolution, int rank) =>
        Method.Decompose(new DecompositionRequest(convolution, rank));
}
