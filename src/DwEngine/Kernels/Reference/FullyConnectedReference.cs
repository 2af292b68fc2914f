namespace DwEngine.Kernels.Reference;

/// <summary>The fully connected layer, naive: y = W x + b for each row of the batch.</summary>
internal static class FullyConnectedReference
{
    /// <summary>Computes <paramref name="batch"/> rows.</summary>
    /// <param name="batch">The number of rows.</param>
    /// <param name="inputs">Elements of one input row.</param>
    /// <param name="outputs">Elements of one output row.</param>
    /// <param name="input">Batch x inputs.</param>
    /// <param name="weights">Outputs x inputs.</param>
    /// <param name="bias">One value for each output, or empty.</param>
    /// <param name="output">Batch x outputs.</param>
    public static void Run(
        int batch, int inputs, int outputs, ReadOnlySpan<float> input, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias,
        Span<float> output)
    {
        for (int n = 0; n < batch; n++)
        {
            for (int o = 0; o < outputs; o++)
            {
                double sum = bias.IsEmpty ? 0 : bias[o];
                for (int i = 0; i < inputs; i++)
                {
                    sum += (double)weights[(o * inputs) + i] * input[(n * inputs) + i];
                }

                output[(n * outputs) + o] = (float)sum;
            }
        }
    }
}
