using DwEngine.Tensors;

namespace DwEngine.Kernels.Dense;

/// <summary>A fully connected layer; input and output are one plane of features for each image.</summary>
/// <param name="Owner">Whose weights these are; packed weights are shared by all problems of one owner.</param>
/// <param name="Batch">Images.</param>
/// <param name="Inputs">Input features.</param>
/// <param name="Outputs">Output features.</param>
/// <param name="Weights">Outputs x inputs, of Float32, or of Float16 numbers that are normal or 0.</param>
/// <param name="Bias">Float32, outputs; or null for none.</param>
/// <param name="Activation">What is done to each sum.</param>
/// <param name="IsTransposed">Whether the weights are inputs x outputs.</param>
/// <param name="Scale">The power of two by which weights of Float16 are multiplied.</param>
internal sealed record FullyConnectedProblem(
    object Owner, int Batch, int Inputs, int Outputs, Tensor Weights, Tensor? Bias, Activation Activation, bool IsTransposed = false,
    float Scale = 1);

/// <summary>
/// Products of two matrices that are known only in a run. The planes of the left, a matrix each, come first, then those of the right.
/// </summary>
/// <param name="Batch">Products.</param>
/// <param name="Rows">Rows of the left and of the result.</param>
/// <param name="Depth">Columns of the left and rows of the right.</param>
/// <param name="Columns">Columns of the right and of the result.</param>
internal sealed record MatrixProductProblem(int Batch, int Rows, int Depth, int Columns);

/// <summary>Softmax over each plane.</summary>
/// <param name="Planes">Planes.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
internal sealed record SoftmaxProblem(int Planes, int PlaneLength);

/// <summary>The natural logarithm of the softmax of each plane.</summary>
/// <param name="Planes">Planes.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
internal sealed record LogSoftmaxProblem(int Planes, int PlaneLength);

/// <summary>
/// Softmax across planes: at each place, over the numbers that the planes of a group have there. Or its natural logarithm.
/// </summary>
/// <param name="Groups">Groups of planes.</param>
/// <param name="GroupPlanes">Planes of a group.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
/// <param name="IsLogarithm">Whether the logarithm is wanted.</param>
internal sealed record SoftmaxColumnsProblem(int Groups, int GroupPlanes, int PlaneLength, bool IsLogarithm);

/// <summary>1 where the largest element of each plane is, the first of equal ones, and 0 elsewhere. NaN is never larger.</summary>
/// <param name="Planes">Planes.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
internal sealed record HardmaxProblem(int Planes, int PlaneLength);
