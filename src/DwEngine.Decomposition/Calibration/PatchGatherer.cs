using DwEngine.Kernels;

namespace DwEngine.Decomposition.Calibration;

/// <summary>Copies what a convolution reads and responds at chosen output positions.</summary>
internal static class PatchGatherer
{
    /// <summary>Copies patches, channel by channel and tap by tap, zero where a tap falls on padding.</summary>
    /// <param name="geometry">The convolution's shape facts.</param>
    /// <param name="input">Its input, C x H x W.</param>
    /// <param name="firstChannel">The first of the channels to copy.</param>
    /// <param name="channels">How many channels to copy.</param>
    /// <param name="positions">Output positions, row by row.</param>
    /// <param name="patches">Receives channels * taps numbers for each position.</param>
    public static void Patches(
        in ConvolutionGeometry geometry, ReadOnlySpan<float> input, int firstChannel, int channels, ReadOnlySpan<int> positions,
        Span<float> patches)
    {
        (Window window, int height, int width) = (geometry.Window, geometry.InputHeight, geometry.InputWidth);
        int outputWidth = geometry.OutputWidth, at = 0;
        foreach (int position in positions)
        {
            int top = (position / outputWidth * window.StrideY) - window.PadTop;
            int left = (position % outputWidth * window.StrideX) - window.PadLeft;
            for (int channel = firstChannel; channel < firstChannel + channels; channel++)
            {
                ReadOnlySpan<float> plane = input.Slice(channel * height * width, height * width);
                for (int ky = 0; ky < window.KernelHeight; ky++)
                {
                    int y = top + (ky * window.DilationY);
                    for (int kx = 0; kx < window.KernelWidth; kx++)
                    {
                        int x = left + (kx * window.DilationX);
                        bool isInside = (uint)y < (uint)height && (uint)x < (uint)width;
                        patches[at++] = isInside ? plane[(y * width) + x] : 0;
                    }
                }
            }
        }
    }

    /// <summary>Copies responses.</summary>
    /// <param name="output">The convolution's output, N x P.</param>
    /// <param name="pixels">P.</param>
    /// <param name="firstChannel">The first of the channels to copy.</param>
    /// <param name="channels">How many channels to copy.</param>
    /// <param name="positions">Output positions.</param>
    /// <param name="responses">Receives one number of each channel for each position.</param>
    public static void Responses(
        ReadOnlySpan<float> output, int pixels, int firstChannel, int channels, ReadOnlySpan<int> positions, Span<float> responses)
    {
        for (int i = 0; i < positions.Length; i++)
        {
            for (int channel = 0; channel < channels; channel++)
            {
                responses[(i * channels) + channel] = output[((firstChannel + channel) * pixels) + positions[i]];
            }
        }
    }
}
