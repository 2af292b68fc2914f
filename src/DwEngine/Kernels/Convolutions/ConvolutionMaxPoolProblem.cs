using DwEngine.Kernels.Pooling;

namespace DwEngine.Kernels.Convolutions;

/// <summary>A convolution with an epilogue, and max pooling of its results.</summary>
/// <param name="Convolution">The convolution.</param>
/// <param name="Pool">The window of the pooling, with its padding on these; <see cref="MaxPoolProblem.IsRowByRow"/> holds.</param>
internal sealed record ConvolutionMaxPoolProblem(ConvolutionProblem Convolution, Window Pool);
