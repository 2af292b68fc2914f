namespace DwEngine.Kernels.Reference;

/// <summary>
/// Channel shuffle (Zhang et al., "ShuffleNet", arXiv 1707.01083, section 3.1), naive: channels seen as groups x channels of a group
/// are transposed.
/// </summary>
internal static class ChannelShuffleReference
{
    /// <summary>Shuffles each of <paramref name="batch"/> images of <paramref name="channels"/> x <paramref name="pixels"/>.</summary>
    public static void Run(int batch, int channels, int groups, int pixels, ReadOnlySpan<float> input, Span<float> output)
    {
        int groupChannels = channels / groups;
        for (int n = 0; n < batch; n++)
        {
            for (int g = 0; g < groups; g++)
            {
                for (int c = 0; c < groupChannels; c++)
                {
                    for (int p = 0; p < pixels; p++)
                    {
                        int from = (((n * channels) + (g * groupChannels) + c) * pixels) + p;
                        int to = (((n * channels) + (c * groups) + g) * pixels) + p;
                        output[to] = input[from];
                    }
                }
            }
        }
    }
}
