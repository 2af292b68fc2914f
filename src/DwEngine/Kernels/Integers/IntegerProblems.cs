using DwEngine.Tensors;

namespace DwEngine.Kernels.Integers;

/// <summary>
/// A function of whole numbers, of the elements of two operands at the same place or of one. The planes of the second operand follow those
/// of the first. The answers to a question are bytes, 1 for yes and 0 for no.
/// </summary>
/// <param name="Operator">The function.</param>
/// <param name="Type">The type of the operands' elements; for a question <see cref="ElementType.Bool"/> is one, too.</param>
/// <param name="Planes">Planes of the result, and of each operand.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
/// <param name="RepeatsLeft">Whether each plane of the first operand is one element, which counts for all of the plane.</param>
/// <param name="RepeatsRight">The same of the second operand; at most one of both repeats.</param>
internal sealed record IntegerProblem(
    IntegerOperator Operator, ElementType Type, int Planes, int PlaneLength, bool RepeatsLeft = false, bool RepeatsRight = false);
