namespace DwEngine.Kernels;

/// <summary>The shape facts of a 2-D convolution of one image; the batch is not part of it.</summary>
/// <param name="InputChannels">Channels of the input.</param>
/// <param name="OutputChannels">Channels of the output.</param>
/// <param name="Groups">Groups; both channel counts are multiples of it. Depthwise when equal to the input channels.</param>
/// <param name="InputHeight">Rows of the input.</param>
/// <param name="InputWidth">Columns of the input.</param>
/// <param name="Window">Kernel, stride, padding and dilation.</param>
public readonly record struct ConvolutionGeometry(
    int InputChannels, int OutputChannels, int Groups, int InputHeight, int InputWidth, Window Window)
{
    /// <summary>Rows of the output.</summary>
    public int OutputHeight => Window.OutputHeight(InputHeight);

    /// <summary>Columns of the output.</summary>
    public int OutputWidth => Window.OutputWidth(InputWidth);

    /// <summary>Input channels of one group.</summary>
    public int GroupInputChannels => InputChannels / Groups;

    /// <summary>Output channels of one group.</summary>
    public int GroupOutputChannels => OutputChannels / Groups;

    /// <summary>Weights of the layer: output channels x input channels of a group x taps.</summary>
    public long WeightCount => (long)OutputChannels * GroupInputChannels * Window.Taps;

    /// <summary>Multiply-adds for one image; taps that fall on padding count too.</summary>
    public long MultiplyAdds => checked(WeightCount * OutputHeight * OutputWidth);
}
