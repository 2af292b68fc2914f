using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>A convolution with an epilogue.</summary>
/// <param name="Owner">Whose weights these are; packed weights are shared by all problems of one owner.</param>
/// <param name="Batch">Images.</param>
/// <param name="Geometry">The shapes of one image.</param>
/// <param name="Weights">Float32, output channels x input channels of a group x kernel rows x kernel columns.</param>
/// <param name="Bias">Float32, output channels; or null for none.</param>
/// <param name="Clamp">The epilogue.</param>
internal sealed record ConvolutionProblem(
    object Owner, int Batch, ConvolutionGeometry Geometry, Tensor Weights, Tensor? Bias, Clamp Clamp);
