using DwEngine.Tensors;

namespace DwEngine.Graphs;

/// <summary>What is known of a value before anything runs: its element type, its shape, and its content if that never changes.</summary>
/// <param name="Type">The type of the elements.</param>
/// <param name="Shape">The dimensions.</param>
/// <param name="Constant">The content, of this type and shape; null where it is known only when the network runs.</param>
public readonly record struct Fact(ElementType Type, Shape Shape, Tensor? Constant = null)
{
    /// <summary>
    /// Whether only a run tells how many rows there are: the first dimension is the most that there can be, and rows behind the last begin
    /// with -1. No layer reads such a value; it is an output of the network.
    /// </summary>
    public bool HasPaddedRows { get; init; }

    /// <summary>The fact of a value whose content is known.</summary>
    public static Fact Of(Tensor constant)
    {
        ArgumentNullException.ThrowIfNull(constant);
        return new Fact(constant.Type, constant.Shape, constant);
    }

    /// <summary>A Float32 value of that shape.</summary>
    public static implicit operator Fact(Shape shape) => new(ElementType.Float32, shape);

    /// <summary>The element type and the shape, for messages that are about the type.</summary>
    internal string Typed => $"{Type} {Shape}";

    /// <summary>
    /// The shape, after the element type unless that is Float32, such as <c>UInt8 1x3x32x32</c>. Where only a run tells how many rows there
    /// are, it says so: <c>Int64 20x3 at most</c>.
    /// </summary>
    public override string ToString() =>
        (Type == ElementType.Float32 ? $"{Shape}" : $"{Type} {Shape}") + (HasPaddedRows ? " at most" : "");
}
