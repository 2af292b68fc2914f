namespace DwEngine.Kernels.Reference;

/// <summary>Two-dimensional convolution (cross-correlation, as in every framework), naive: one loop for each index.</summary>
internal static class ConvolutionReference
{
    /// <summary>Computes <paramref name="batch"/> images; taps outside the image read zero.</summary>
    /// <param name="geometry">The shape of one image's convolution.</param>
    /// <param name="batch">The number of images.</param>
    /// <param name="input">N x C x H x W.</param>
    /// <param name="weights">Output channels x input channels of a group x kernel height x kernel width.</param>
    /// <param name="bias">One value for each output channel, or empty.</param>
    /// <param name="output">N x output channels x output height x output width.</param>
    public static void Run(
        in ConvolutionGeometry geometry, int batch, ReadOnlySpan<float> input, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias,
        Span<float> output)
    {
        Window window = geometry.Window;
        int height = geometry.InputHeight, width = geometry.InputWidth;
        int groupInputs = geometry.GroupInputChannels, groupOutputs = geometry.GroupOutputChannels;
        int outputHeight = geometry.OutputHeight, outputWidth = geometry.OutputWidth;
        for (int n = 0; n < batch; n++)
        {
            for (int o = 0; o < geometry.OutputChannels; o++)
            {
                int firstInput = o / groupOutputs * groupInputs;
                for (int oy = 0; oy < outputHeight; oy++)
                {
                    for (int ox = 0; ox < outputWidth; ox++)
                    {
                        double sum = bias.IsEmpty ? 0 : bias[o];
                        for (int i = 0; i < groupInputs; i++)
                        {
                            for (int ky = 0; ky < window.KernelHeight; ky++)
                            {
                                long y = ((long)oy * window.StrideY) - window.PadTop + ((long)ky * window.DilationY);
                                if (y < 0 || y >= height)
                                {
                                    continue;
                                }

                                for (int kx = 0; kx < window.KernelWidth; kx++)
                                {
                                    long x = ((long)ox * window.StrideX) - window.PadLeft + ((long)kx * window.DilationX);
                                    if (x < 0 || x >= width)
                                    {
                                        continue;
                                    }

                                    int row = (((o * groupInputs) + i) * window.KernelHeight) + ky;
                                    int plane = (n * geometry.InputChannels) + firstInput + i;
                                    sum += (double)weights[(row * window.KernelWidth)
                                        + kx] * input[(int)(((((long)plane * height) + y) * width) + x)];
                                }
                            }
                        }

                        output[(((((n * geometry.OutputChannels) + o) * outputHeight) + oy) * outputWidth) + ox] = (float)sum;
                    }
                }
            }
        }
    }
}
