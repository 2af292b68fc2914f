using System.Runtime.InteropServices;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>An input or output of a session.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its dimensions.</param>
public sealed record SessionValue(string Name, ElementType Type, Shape Shape)
{
    /// <summary>
    /// Whether only a run tells how many rows there are: <see cref="Shape"/> has the most that there can be; <see cref="ShapeOf"/> tells.
    /// </summary>
    public bool HasPaddedRows { get; init; }

    /// <summary>Bytes of all elements.</summary>
    public long ByteLength => Shape.ElementCount * Type.Size();

    /// <summary>
    /// The shape of what a run has left in an output: <see cref="Shape"/>, or fewer rows if it has padded ones, even none.
    /// </summary>
    /// <param name="content">All bytes of the output.</param>
    /// <exception cref="ShapeException">They are not as many as <see cref="ByteLength"/>.</exception>
    public Shape ShapeOf(ReadOnlySpan<byte> content)
    {
        if (content.Length != ByteLength)
        {
            throw new ShapeException($"The output '{Name}' has {Words.Count(ByteLength, "byte")}; found {content.Length}.");
        }

        if (!HasPaddedRows)
        {
            return Shape;
        }

        int rows = 0, length = (int)(ByteLength / Shape[0]);
        while (rows < Shape[0] && MemoryMarshal.Read<long>(content[(rows * length)..]) >= 0)
        {
            rows++;
        }

        return Shape.With(0, rows);
    }
}
