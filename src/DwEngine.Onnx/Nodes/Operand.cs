using DwEngine.Graphs;
using DwEngine.Tensors;

namespace DwEngine.Onnx.Nodes;

/// <summary>A value while its network is imported: one that is known for good, or one of the graph that is being built.</summary>
internal sealed class Operand
{
    private readonly Func<ValueHandle> _append;
    private ValueHandle? _handle;

    /// <summary>A value of the graph.</summary>
    public Operand(ValueHandle handle)
    {
        _handle = handle;
        _append = () => handle;
        Fact = handle.Fact;
    }

    /// <summary>A value that is known, and becomes a node of the graph only where a layer reads it.</summary>
    /// <param name="constant">The value.</param>
    /// <param name="append">Makes the node.</param>
    public Operand(Tensor constant, Func<ValueHandle> append)
    {
        Constant = constant;
        _append = append;
        Fact = Fact.Of(constant);
    }

    /// <summary>
    /// The content if it is the same whatever the sizes of the inputs are. That of <see cref="Fact"/> may follow from their default sizes.
    /// </summary>
    public Tensor? Constant { get; }

    /// <summary>What is known for the inputs' default shapes. Only the type and the rank hold for others, too.</summary>
    public Fact Fact { get; }

    /// <summary>The type of the elements.</summary>
    public ElementType Type => Fact.Type;

    /// <summary>The number of dimensions.</summary>
    public int Rank => Fact.Shape.Rank;

    /// <summary>The value in the graph.</summary>
    public ValueHandle Handle => _handle ??= _append();

    /// <summary>Whether this stands for a value whose node is not supported, so that nothing but its place is known.</summary>
    public bool IsStandIn { get; init; }
}
