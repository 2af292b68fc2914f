namespace DwEngine.Kernels.Reference;

/// <summary>Transposed convolution, naive: each input pixel adds its multiple of the kernel to the output.</summary>
internal static class ConvTransposeReference
{
    /// <summary>Computes a batch.</summary>
    /// <param name="geometry">Channels, groups, the input's size and the window; its padding says what is cut off the output.</param>
    /// <param name="batch">Images.</param>
    /// <param name="height">Rows of the output.</param>
    /// <param name="width">Columns of the output.</param>
    /// <param name="input">Batch x input channels x height x width.</param>
    /// <param name="weights">Input channels x output channels of a group x kernel height x kernel width.</param>
    /// <param name="bias">One value for each output channel, or empty.</param>
    /// <param name="output">Batch x output channels x height x width.</param>
    public static void Run(
        in ConvolutionGeometry geometry,
        int batch,
        int height,
        int width,
        ReadOnlySpan<float> input,
        ReadOnlySpan<float> weights,
        ReadOnlySpan<float> bias,
        Span<float> output)
    {
        Window window = geometry.Window;
        double[] sums = new double[output.Length];
        int ofGroup = geometry.GroupOutputChannels, taps = window.Taps, at = 0;
        for (int image = 0; image < batch; image++)
        {
            for (int channel = 0; channel < geometry.InputChannels; channel++)
            {
                int firstOutput = channel / geometry.GroupInputChannels * ofGroup;
                for (int y = 0; y < geometry.InputHeight; y++)
                {
                    for (int x = 0; x < geometry.InputWidth; x++)
                    {
                        double pixel = input[at++];
                        for (int tap = 0; tap < ofGroup * taps; tap++)
                        {
                            int ky = tap % taps / window.KernelWidth, kx = tap % window.KernelWidth;
                            long oy = ((long)y * window.StrideY) + ((long)ky * window.DilationY) - window.PadTop;
                            long ox = ((long)x * window.StrideX) + ((long)kx * window.DilationX) - window.PadLeft;
                            if (oy >= 0 && oy < height && ox >= 0 && ox < width)
                            {
                                int plane = (image * geometry.OutputChannels) + firstOutput + (tap / taps);
                                sums[(((plane * height) + (int)oy) * width) + (int)ox] += pixel * weights[(channel * ofGroup * taps) + tap];
                            }
                        }
                    }
                }
            }
        }

        for (int i = 0; i < output.Length; i++)
        {
            double shift = bias.IsEmpty ? 0 : bias[i / (height * width) % geometry.OutputChannels];
            output[i] = (float)(sums[i] + shift);
        }
    }
}
