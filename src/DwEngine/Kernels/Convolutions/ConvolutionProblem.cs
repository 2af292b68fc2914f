using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>A convolution with an epilogue: its sums, then the residual, then the activation.</summary>
/// <param name="Owner">Whose weights these are; packed weights are shared by all problems of one owner.</param>
/// <param name="Batch">Images.</param>
/// <param name="Geometry">The shapes of one image.</param>
/// <param name="Weights">Float32, output channels x input channels of a group x kernel rows x kernel columns.</param>
/// <param name="Bias">Float32, output channels; or null for none.</param>
/// <param name="Activation">What is done to each sum, after the residual is added if there is one.</param>
/// <param name="HasResidual">Whether planes of the output's shape are added to the sums; they follow the planes of the input.</param>
/// <param name="Workers">How many workers the tasks are cut for; any number may run them, and no bit depends on it.</param>
internal sealed record ConvolutionProblem(
    object Owner, int Batch, ConvolutionGeometry Geometry, Tensor Weights, Tensor? Bias, Activation Activation, bool HasResidual = false,
    int Workers = 1)
{
    /// <summary>The epilogue for kernels of an instruction set.</summary>
    public Epilogue EpilogueFor(Isa isa) => new(Activation, isa, HasResidual ? checked(Batch * Geometry.InputChannels) : null);
}
