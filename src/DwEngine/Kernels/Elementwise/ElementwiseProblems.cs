namespace DwEngine.Kernels.Elementwise;

/// <summary>A problem that an operator of <see cref="OperatorTable"/> solves.</summary>
internal interface IElementwiseProblem
{
    /// <summary>The operator.</summary>
    OperatorEntry Entry { get; }
}

/// <summary>A function of each element.</summary>
/// <param name="Operator">The function.</param>
/// <param name="Planes">Planes, which may lie anywhere.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
internal sealed record UnaryProblem(IUnaryOperator Operator, int Planes, int PlaneLength) : IElementwiseProblem
{
    public OperatorEntry Entry => Operator.Entry;
}

/// <summary>A function of the elements of two operands at the same place. The planes of the second follow those of the first.</summary>
/// <param name="Operator">The function.</param>
/// <param name="Planes">Planes of the result, and of each operand.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
/// <param name="RepeatsLeft">Whether each plane of the first operand is one element, which counts for all of the plane.</param>
/// <param name="RepeatsRight">The same of the second operand; at most one of both repeats.</param>
/// <param name="Activation">What is done to each result.</param>
internal sealed record BinaryProblem(
    IBinaryOperator Operator, int Planes, int PlaneLength, bool RepeatsLeft, bool RepeatsRight, Activation Activation) : IElementwiseProblem
{
    public OperatorEntry Entry => Operator.Entry;
}

/// <summary>A question about the elements of two operands at the same place; the result is of bytes, 1 for yes and 0 for no.</summary>
/// <inheritdoc cref="BinaryProblem" path="/param"/>
internal sealed record ComparisonProblem(
    IComparison Operator, int Planes, int PlaneLength, bool RepeatsLeft, bool RepeatsRight) : IElementwiseProblem
{
    public OperatorEntry Entry => Operator.Entry;
}

/// <summary>
/// The element of one operand or of another at the same place. First come the planes of the condition, bytes that are 0 where the second
/// counts, then those of both operands.
/// </summary>
/// <param name="Planes">Planes of the result, of the condition and of each operand.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
/// <param name="RepeatsCondition">Whether each plane of the condition is one element, which counts for all of the plane.</param>
/// <param name="RepeatsLeft">The same of the first operand.</param>
/// <param name="RepeatsRight">The same of the second operand.</param>
/// <param name="ElementSize">Bytes of an element of the operands: 1, 2, 4 or 8.</param>
internal sealed record SelectProblem(
    int Planes, int PlaneLength, bool RepeatsCondition, bool RepeatsLeft, bool RepeatsRight, int ElementSize = sizeof(float));
