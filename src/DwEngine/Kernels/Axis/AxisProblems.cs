using DwEngine.Tensors;

namespace DwEngine.Kernels.Axis;

/// <summary>The place, an Int64, of the largest or smallest element of each plane. NaN is neither, unless it comes first.</summary>
/// <param name="Type">The type of the elements.</param>
/// <param name="Planes">Planes.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
/// <param name="IsSmallest">Whether the smallest is asked for.</param>
/// <param name="TakesLast">Whether the last of equal elements counts, not the first.</param>
internal sealed record ArgExtremeProblem(ElementType Type, int Planes, int PlaneLength, bool IsSmallest, bool TakesLast);

/// <summary>
/// The largest or smallest elements of each plane in order, and their places as Int64: the planes of both outputs follow one another. Of
/// equal elements the first comes first; NaN is smaller than all else.
/// </summary>
/// <param name="Type">The type of the elements.</param>
/// <param name="Planes">Planes.</param>
/// <param name="PlaneLength">Elements of an input plane.</param>
/// <param name="Count">Elements of an output plane.</param>
/// <param name="IsSmallest">Whether the smallest are asked for.</param>
internal sealed record TopKProblem(ElementType Type, int Planes, int PlaneLength, int Count, bool IsSmallest);

/// <summary>
/// The sum of each element and of those before it in its plane. Floats are summed in double precision; whole numbers wrap around.
/// </summary>
/// <param name="Type">The type of the elements.</param>
/// <param name="Planes">Planes.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
/// <param name="IsExclusive">Whether the element itself does not count.</param>
/// <param name="IsReverse">Whether those behind it count, not those before it.</param>
internal sealed record CumulativeSumProblem(ElementType Type, int Planes, int PlaneLength, bool IsExclusive, bool IsReverse);
