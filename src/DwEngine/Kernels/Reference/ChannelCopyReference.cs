namespace DwEngine.Kernels.Reference;

/// <summary>Copies a run of channels from one tensor into another, naive: what concat and split are made of.</summary>
internal static class ChannelCopyReference
{
    /// <summary>Copies <paramref name="count"/> channels of each of <paramref name="batch"/> images.</summary>
    /// <param name="batch">The number of images.</param>
    /// <param name="count">The number of channels to copy.</param>
    /// <param name="pixels">Elements of one channel of one image.</param>
    /// <param name="input">N x input channels x pixels.</param>
    /// <param name="inputChannels">Channels of one input image.</param>
    /// <param name="inputStart">The first channel to read.</param>
    /// <param name="output">N x output channels x pixels.</param>
    /// <param name="outputChannels">Channels of one output image.</param>
    /// <param name="outputStart">The first channel to write.</param>
    public static void Run(
        int batch, int count, int pixels, ReadOnlySpan<float> input, int inputChannels, int inputStart, Span<float> output,
        int outputChannels, int outputStart)
    {
        for (int n = 0; n < batch; n++)
        {
            for (int c = 0; c < count; c++)
            {
                for (int p = 0; p < pixels; p++)
                {
                    output[(((n * outputChannels) + outputStart + c) * pixels) + p] =
                        input[(((n * inputChannels) + inputStart + c) * pixels) + p];
                }
            }
        }
    }
}
