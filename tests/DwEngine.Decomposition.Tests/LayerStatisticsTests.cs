using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Decomposition.Tests.LinearAlgebra;
using DwEngine.Kernels;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Decomposition.Tests;

[Properties(MaxTest = 30)]
public class LayerStatisticsTests
{
    [Property]
    public void Sums_are_those_of_the_naive_loops(byte inputs, byte outputs, byte rows, byte threads, int seed)
    {
        LayerSamples samples = Samples(1 + (inputs % 40), 1 + (outputs % 12), 1 + rows, seed, 1 + (threads % 4));
        LayerStatistics sums = samples.Accumulate();
        Assert.Equal(samples.Count, sums.Count);
        Assert.Equal(sums.Energy, Sum(k => Square(samples.Y(k))), 1e-9 * sums.Energy);
        for (int i = 0; i < samples.Inputs; i++)
        {
            Assert.Equal(Sum(k => samples.X(k)[i]), sums.SumX[i], 1e-9);
            Assert.Equal(Sum(k => (double)samples.X(k)[i] * samples.X(k)[0]), sums.XX[i, 0], 1e-9);
            Assert.Equal(sums.XX[i, 0], sums.XX[0, i]);
            Assert.Equal(Sum(k => (double)samples.X(k)[i] * samples.Y(k)[^1]), sums.XY[i, samples.Outputs - 1], 1e-9);
        }

        double Sum(Func<int, double> term) => Enumerable.Range(0, samples.Count).Sum(term);
    }

    [Fact]
    public void Bits_do_not_depend_on_the_threads()
    {
        LayerSamples one = Samples(50, 7, 3000, 1, 1), several = Samples(50, 7, 3000, 1, 3);
        LayerStatistics expected = one.Accumulate(), found = several.Accumulate();
        AssertSame(expected, found);
    }

    [Property]
    public void Merged_sums_are_those_of_all_positions(byte cut, int seed)
    {
        LayerSamples all = Samples(9, 4, 256, seed, 1);
        LayerStatistics first = Part(all, 0, cut), second = Part(all, cut, all.Count), whole = all.Accumulate();
        first.Merge(second);
        Assert.Equal(whole.Count, first.Count);
        MatrixAssert.Close(whole.XX, first.XX, 1e-13);
        MatrixAssert.Close(whole.XY, first.XY, 1e-13);
        MatrixAssert.Close(whole.YY, first.YY, 1e-13);
        MatrixAssert.Close(new Matrix(1, 9, whole.SumX.ToArray()), new Matrix(1, 9, first.SumX.ToArray()), 1e-13);
        Assert.Throws<ShapeException>(() => first.Merge(new LayerStatistics(9, 5)));
    }

    [Property]
    public void Response_error_is_that_of_the_responses(int seed)
    {
        var random = new Random(seed);
        LayerSamples samples = Samples(8, 3, 200, seed, 1);
        CompositeConvolution convolution = new(MatrixSamples.Gaussian(3, 8, random), [1, -2, 0.5], 2, 2);
        double error = 0, energy = 0;
        for (int k = 0; k < samples.Count; k++)
        {
            for (int o = 0; o < 3; o++)
            {
                double response = convolution.Bias[o];
                for (int i = 0; i < 8; i++)
                {
                    response += convolution.Weights[o, i] * samples.X(k)[i];
                }

                error += Math.Pow(samples.Y(k)[o] - response, 2);
                energy += Math.Pow(samples.Y(k)[o], 2);
            }
        }

        Assert.Equal(error / energy, samples.Accumulate().ResponseError(convolution), 1e-9 * error / energy);
        Assert.Throws<ShapeException>(
            () => samples.Accumulate().ResponseError(new CompositeConvolution(new Matrix(3, 4), new double[3], 2, 2)));
    }

    [Fact]
    public void Centred_moments_ignore_a_shift()
    {
        LayerSamples samples = Samples(5, 2, 100, 3, 1);
        float[] x = [.. Enumerable.Range(0, 100).SelectMany(k => samples.X(k).ToArray()).Select(value => value + 8)];
        float[] y = [.. Enumerable.Range(0, 100).SelectMany(k => samples.Y(k).ToArray()).Select(value => value - 4)];
        LayerMoments still = samples.Accumulate().ToMoments(centred: true);
        LayerMoments moved = new LayerSamples(5, 2, x, y, Clamp.None).Accumulate().ToMoments(centred: true);
        MatrixAssert.Close(still.G, moved.G, 1e-5);
        MatrixAssert.Close(still.C, moved.C, 1e-5);
        MatrixAssert.Close(still.S, moved.S, 1e-5);
        Assert.Equal(still.MeanX[0] + 8, moved.MeanX[0], 1e-5);
        Assert.Equal(still.MeanY[1] - 4, moved.MeanY[1], 1e-5);
        Assert.Throws<DecompositionException>(() => new LayerStatistics(2, 2).ToMoments(centred: false));
    }

    [Fact]
    public void Pairs_respond_as_the_convolutions_that_they_expand_to()
    {
        Random random = new(5);
        Matrix patches = MatrixSamples.Gaussian(20, 12, random);
        double[] bias = [1, 2, 3, 4, 5];
        ConvolutionPair separable =
            new SeparablePair(MatrixSamples.Gaussian(6, 4, random), MatrixSamples.Gaussian(5, 6, random), bias, 2, 2, 2);
        ConvolutionPair channel = new ChannelPair(MatrixSamples.Gaussian(2, 12, random), MatrixSamples.Gaussian(5, 2, random), bias, 2, 2);
        foreach (ConvolutionPair pair in new[] { separable, channel })
        {
            CompositeConvolution expanded = pair.Expand();
            Assert.Equal((3, 5), (pair.Inputs, pair.Outputs));
            Matrix expected = patches.MultiplyTranspose(expanded.Weights);
            for (int row = 0; row < expected.Rows; row++)
            {
                for (int o = 0; o < 5; o++)
                {
                    expected[row, o] += expanded.Bias[o];
                }
            }

            MatrixAssert.Close(expected, pair.Respond(patches), 1e-13);
        }

        Assert.Equal(2 * (12 + 5), channel.MultiplyAddsPerPosition);
        Assert.Throws<ShapeException>(() => new ChannelPair(new Matrix(2, 11), new Matrix(5, 2), bias, 2, 2));
        Assert.Throws<ShapeException>(() => new ChannelPair(new Matrix(2, 12), new Matrix(5, 3), bias, 2, 2));
    }

    [Fact]
    public void Data_of_another_convolution_are_refused()
    {
        CompositeConvolution target = new(new Matrix(3, 8), new double[3], 2, 2);
        Assert.Throws<DecompositionException>(
            () => new DecompositionRequest(target, 1) { Statistics = Samples(9, 3, 5, 1, 1).Accumulate() });
        Assert.Throws<DecompositionException>(() => new DecompositionRequest(target, 1) { Samples = Samples(8, 4, 5, 1, 1) });
        Assert.Throws<DecompositionException>(() => new DecompositionRequest(target, 1) { Statistics = new LayerStatistics(8, 3) });
        Assert.Throws<ShapeException>(() => new LayerSamples(2, 2, new float[4], new float[6], Clamp.None));
        Assert.Throws<ShapeException>(() => new LayerStatistics(1, [1], [1, 2], new Matrix(1, 1), new Matrix(1, 1), new Matrix(2, 2)));
    }

    internal static void AssertSame(LayerStatistics expected, LayerStatistics found)
    {
        Assert.Equal(expected.Count, found.Count);
        Assert.True(expected.SumX.SequenceEqual(found.SumX));
        Assert.True(expected.SumY.SequenceEqual(found.SumY));
        Assert.True(expected.XX.Values.SequenceEqual(found.XX.Values));
        Assert.True(expected.XY.Values.SequenceEqual(found.XY.Values));
        Assert.True(expected.YY.Values.SequenceEqual(found.YY.Values));
    }

    private static LayerSamples Samples(int inputs, int outputs, int rows, int seed, int threads)
    {
        var random = new Random(seed);
        return new LayerSamples(inputs, outputs, Values(rows * inputs), Values(rows * outputs), Clamp.Relu, threads);

        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 0.7f)];
    }

    private static LayerStatistics Part(LayerSamples all, int first, int end)
    {
        float[] x = [.. Enumerable.Range(first, end - first).SelectMany(k => all.X(k).ToArray())];
        float[] y = [.. Enumerable.Range(first, end - first).SelectMany(k => all.Y(k).ToArray())];
        return new LayerSamples(all.Inputs, all.Outputs, x, y, all.Activation).Accumulate();
    }

    private static double Square(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += (double)value * value;
        }

        return sum;
    }
}
