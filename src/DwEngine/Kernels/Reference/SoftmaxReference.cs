namespace DwEngine.Kernels.Reference;

/// <summary>Softmax of each row, naive; the row's maximum is subtracted first, so that no exponential overflows.</summary>
internal static class SoftmaxReference
{
    /// <summary>Computes <paramref name="rows"/> rows of <paramref name="length"/> elements.</summary>
    public static void Run(int rows, int length, ReadOnlySpan<float> input, Span<float> output)
    {
        for (int row = 0; row < rows; row++)
        {
            float largest = float.NegativeInfinity;
            for (int i = 0; i < length; i++)
            {
                largest = MathF.Max(largest, input[(row * length) + i]);
            }

            double sum = 0;
            for (int i = 0; i < length; i++)
            {
                sum += Math.Exp((double)input[(row * length) + i] - largest);
            }

            for (int i = 0; i < length; i++)
            {
                output[(row * length) + i] = (float)(Math.Exp((double)input[(row * length) + i] - largest) / sum);
            }
        }
    }

    /// <summary>The logarithm of softmax of one row.</summary>
    public static void Logarithm(ReadOnlySpan<float> input, Span<float> output)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (float x in input)
        {
            largest = Math.Max(largest, x);
        }

        foreach (float x in input)
        {
            sum += Math.Exp(x - largest);
        }

        for (int i = 0; i < input.Length; i++)
        {
            output[i] = (float)(input[i] - largest - Math.Log(sum));
        }
    }

    /// <summary>1 where the largest number of one row is, the first of equal ones, and 0 elsewhere.</summary>
    public static void Hard(ReadOnlySpan<float> input, Span<float> output)
    {
        output.Clear();
        output[AxisReference.ArgExtreme(input, isSmallest: false, takesLast: false)] = 1;
    }
}
