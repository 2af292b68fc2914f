namespace DwEngine.Kernels.Convolutions;

/// <summary>A convolution with an epilogue, and max pooling of its results, with a 3x3 window, stride 2 and padding 1.</summary>
/// <param name="Convolution">The convolution.</param>
internal sealed record ConvolutionMaxPoolProblem(ConvolutionProblem Convolution)
{
    /// <summary>The window of the pooling.</summary>
    public static Window Pool { get; } = Window.Square(3, stride: 2, padding: 1);
}
