namespace DwEngine.Kernels.Reference;

/// <summary>Normalisations, naive.</summary>
internal static class NormalizationReference
{
    /// <summary>Each number less the mean of all, over the square root of their variance plus epsilon.</summary>
    /// <returns>The factor that the differences from the mean are multiplied with.</returns>
    public static double Run(ReadOnlySpan<float> input, double epsilon, Span<double> output)
    {
        double sum = 0, squares = 0;
        foreach (float x in input)
        {
            sum += x;
        }

        double mean = sum / input.Length;
        foreach (float x in input)
        {
            squares += (x - mean) * (x - mean);
        }

        double factor = 1 / Math.Sqrt((squares / input.Length) + epsilon);
        for (int i = 0; i < input.Length; i++)
        {
            output[i] = (input[i] - mean) * factor;
        }

        return factor;
    }

    /// <summary>
    /// A number over (bias + alpha * the mean of the squares of neighbours, of which so many would count) to the power of beta.
    /// </summary>
    public static double LocalResponse(double x, IEnumerable<double> neighbours, int size, double alpha, double beta, double bias) =>
        x / Math.Pow(bias + (alpha / size * neighbours.Sum(y => y * y)), beta);
}
