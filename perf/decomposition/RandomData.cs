using DwEngine.Decomposition;
using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Kernels;

namespace DwEngine.DecompositionExperiments;

/// <summary>What a convolution of 3x3 reads: random patches, one in each row.</summary>
internal sealed class RandomData(int channels, int seed)
{
    private const int Taps = 9;

    // Few smooth sources behind many channels, as neighbouring pixels and feature maps of a trained network are alike.
    private const int Sources = 16;
    private const int PatchSide = 3;
    private const int BoxSide = 4;
    private const int FieldSide = PatchSide + BoxSide - 1;

    private readonly Random _random = new(seed);
    private Matrix? _mixing;

    /// <summary>Independent standard normal inputs.</summary>
    public Matrix White(int positions) => Gaussian(positions, channels * Taps);

    /// <summary>Correlated across pixels and channels, then rectified.</summary>
    public Matrix Correlated(int positions)
    {
        _mixing ??= Gaussian(channels, Sources);
        Matrix patches = new(positions, channels * Taps);
        for (int position = 0; position < positions; position++)
        {
            Matrix mixed = _mixing.Multiply(SmoothSources());
            for (int i = 0; i < mixed.Values.Length; i++)
            {
                patches.Row(position)[i] = Math.Max(0, mixed.Values[i]);
            }
        }

        return patches;
    }

    /// <summary>Random weights.</summary>
    public CompositeConvolution Convolution(int outputs)
    {
        double[] bias = new double[outputs];
        return new CompositeConvolution(Gaussian(outputs, channels * Taps), bias, PatchSide, PatchSide);
    }

    /// <summary>What calibration hands to a method: patches and the responses y = W x + b to others, with a ReLU behind.</summary>
    public static LayerSamples Samples(Matrix patches, Matrix original, CompositeConvolution convolution)
    {
        Matrix responses = Respond(convolution, original);
        return new LayerSamples(
            patches.Columns,
            responses.Columns,
            Array.ConvertAll(patches.Values.ToArray(), value => (float)value),
            Array.ConvertAll(responses.Values.ToArray(), value => (float)value),
            Clamp.Relu,
            Environment.ProcessorCount);
    }

    public static Matrix Respond(CompositeConvolution convolution, Matrix patches)
    {
        Matrix responses = patches.MultiplyTranspose(convolution.Weights);
        for (int row = 0; row < responses.Rows; row++)
        {
            for (int o = 0; o < responses.Columns; o++)
            {
                responses[row, o] += convolution.Bias[o];
            }
        }

        return responses;
    }

    // Box-filtered noise, Sources x Taps.
    private Matrix SmoothSources()
    {
        Matrix noise = Gaussian(Sources, FieldSide * FieldSide);
        Matrix result = new(Sources, Taps);
        for (int source = 0; source < Sources; source++)
        {
            for (int tap = 0; tap < Taps; tap++)
            {
                double sum = 0;
                for (int cell = 0; cell < BoxSide * BoxSide; cell++)
                {
                    int row = (tap / PatchSide) + (cell / BoxSide), column = (tap % PatchSide) + (cell % BoxSide);
                    sum += noise[source, (row * FieldSide) + column];
                }

                result[source, tap] = sum / BoxSide;
            }
        }

        return result;
    }

    private Matrix Gaussian(int rows, int columns)
    {
        Matrix result = new(rows, columns);
        foreach (ref double value in result.Values)
        {
            value = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
        }

        return result;
    }
}
