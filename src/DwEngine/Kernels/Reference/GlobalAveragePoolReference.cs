namespace DwEngine.Kernels.Reference;

/// <summary>The mean over height and width, naive.</summary>
internal static class GlobalAveragePoolReference
{
    /// <summary>
    /// One mean for each of <paramref name="planes"/> (batch times channels) planes of <paramref name="pixels"/> elements.
    /// </summary>
    public static void Run(int planes, int pixels, ReadOnlySpan<float> input, Span<float> output)
    {
        for (int plane = 0; plane < planes; plane++)
        {
            double sum = 0;
            for (int p = 0; p < pixels; p++)
            {
                sum += input[(plane * pixels) + p];
            }

            output[plane] = (float)(sum / pixels);
        }
    }
}
