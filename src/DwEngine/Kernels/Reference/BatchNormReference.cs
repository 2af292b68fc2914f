namespace DwEngine.Kernels.Reference;

/// <summary>Batch normalisation with fixed statistics, naive.</summary>
internal static class BatchNormReference
{
    /// <summary>y = (x - mean) / sqrt(variance + epsilon) * weight + bias for each channel.</summary>
    /// <param name="batch">The number of images.</param>
    /// <param name="channels">The number of channels, and the length of the four parameter vectors.</param>
    /// <param name="pixels">Elements of one channel of one image.</param>
    /// <param name="input">N x C x pixels.</param>
    /// <param name="weight">Scale after normalisation.</param>
    /// <param name="bias">Shift after normalisation.</param>
    /// <param name="mean">The channels' means.</param>
    /// <param name="variance">The channels' variances.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <param name="output">N x C x pixels.</param>
    public static void Run(
        int batch, int channels, int pixels, ReadOnlySpan<float> input, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias,
        ReadOnlySpan<float> mean, ReadOnlySpan<float> variance, double epsilon, Span<float> output)
    {
        for (int n = 0; n < batch; n++)
        {
            for (int c = 0; c < channels; c++)
            {
                for (int p = 0; p < pixels; p++)
                {
                    int at = (((n * channels) + c) * pixels) + p;
                    output[at] = (float)((((double)input[at] - mean[c]) / Math.Sqrt(variance[c] + epsilon) * weight[c]) + bias[c]);
                }
            }
        }
    }
}
