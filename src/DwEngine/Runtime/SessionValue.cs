using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>An input or output of a session.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its dimensions.</param>
public sealed record SessionValue(string Name, ElementType Type, Shape Shape)
{
    /// <summary>Bytes of all elements.</summary>
    public long ByteLength => Shape.ElementCount * Type.Size();
}
