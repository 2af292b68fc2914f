namespace DwEngine.Onnx.Nodes;

/// <summary>
/// Ends the import of a node that asks for what the engine does not have. The importer catches it and goes on with others.
/// </summary>
/// <param name="missing">What is missing.</param>
internal sealed class NotSupported(string missing) : Exception(missing)
{
    /// <summary>The operand that would have to be constant, if that is what is missing.</summary>
    public Operand? Operand { get; init; }

    /// <summary>Whether it is the node's operands that do not fit, not its attributes.</summary>
    public bool IsOfOperands { get; init; }
}
