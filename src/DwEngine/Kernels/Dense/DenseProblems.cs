using DwEngine.Tensors;

namespace DwEngine.Kernels.Dense;

/// <summary>A fully connected layer; input and output are one plane of features for each image.</summary>
/// <param name="Owner">Whose weights these are; packed weights are shared by all problems of one owner.</param>
/// <param name="Batch">Images.</param>
/// <param name="Inputs">Input features.</param>
/// <param name="Outputs">Output features.</param>
/// <param name="Weights">Float32, outputs x inputs.</param>
/// <param name="Bias">Float32, outputs; or null for none.</param>
/// <param name="Activation">What is done to each sum.</param>
internal sealed record FullyConnectedProblem(
    object Owner, int Batch, int Inputs, int Outputs, Tensor Weights, Tensor? Bias, Activation Activation);

/// <summary>Softmax over each plane.</summary>
/// <param name="Planes">Planes.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
internal sealed record SoftmaxProblem(int Planes, int PlaneLength);
