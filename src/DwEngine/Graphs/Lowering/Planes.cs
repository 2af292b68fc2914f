using System.Collections.Immutable;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Lowering;

/// <summary>Where a plane lies: a buffer and the offset of its first byte within it.</summary>
internal readonly record struct PlaneAddress(int Buffer, long Offset);

/// <summary>
/// A value as planes of equal length, each at an address of its own: splitting, concatenating and shuffling channels only makes another
/// list. How many trailing axes form a plane is a fact of the value; the planes follow in the order of the other axes.
/// </summary>
/// <param name="Addresses">One address for each plane.</param>
/// <param name="Length">Elements of a plane.</param>
/// <param name="ElementSize">Bytes of an element.</param>
internal sealed record Planes(ImmutableArray<PlaneAddress> Addresses, int Length, int ElementSize = sizeof(float))
{
    /// <summary>
    /// The most planes of an activation. Each takes an address in the plan and pointers in every session, which for the smallest planes is
    /// many times what they hold.
    /// </summary>
    public const int Most = 1 << 22;

    /// <summary>The number of planes.</summary>
    public int Count => Addresses.Length;

    /// <summary>Throws if an activation would have too many planes, or too long ones.</summary>
    /// <param name="count">Planes.</param>
    /// <param name="length">Elements of a plane.</param>
    /// <param name="shape">The activation's shape, if it is known.</param>
    /// <exception cref="ShapeException">
    /// There are more than <see cref="Most"/>, or they are longer than <see cref="PlaneLayout.LongestPlane"/>.
    /// </exception>
    public static void RequireAddressable(long count, long length, Shape? shape = null)
    {
        if (count > Most || length > PlaneLayout.LongestPlane)
        {
            throw new ShapeException(
                $"an activation{(shape is null ? "" : $" of shape {shape}")} would have {count} planes of "
                + $"{Words.Count(length, "element")}; "
                + $"at most {Most} of {PlaneLayout.LongestPlane} can be addressed.");
        }
    }

    /// <summary>
    /// How many trailing axes form a plane where nothing else is asked for: height and width of an image, the features of a matrix.
    /// </summary>
    public static int StandardAxes(Shape shape) => shape.Rank <= 2 ? Math.Min(shape.Rank, 1) : shape.Rank - 2;

    /// <summary>Planes and elements of each, if the last <paramref name="axes"/> axes of a shape form a plane.</summary>
    /// <inheritdoc cref="RequireAddressable" path="/exception"/>
    public static (int Count, int Length) Divide(Shape shape, int axes)
    {
        long count = 1, length = 1;
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (axis < shape.Rank - axes)
            {
                count = checked(count * shape[axis]);
            }
            else
            {
                length = checked(length * shape[axis]);
            }
        }

        RequireAddressable(count, length, shape);
        return ((int)count, (int)length);
    }

    /// <summary>The planes of the given positions.</summary>
    public Planes Select(IEnumerable<int> positions) => this with { Addresses = [.. positions.Select(i => Addresses[i])] };

    /// <summary>The planes of several values, one after the other.</summary>
    public static Planes Merge(IEnumerable<Planes> parts)
    {
        Planes[] all = [.. parts];
        RequireAddressable(all.Sum(part => (long)part.Count), all[0].Length);
        return all[0] with { Addresses = [.. all.SelectMany(part => part.Addresses)] };
    }

    /// <summary>The same run of elements of every plane.</summary>
    public Planes Slice(int start, int length) =>
        this with { Addresses = [.. Addresses.Select(a => a with { Offset = a.Offset + ((long)start * ElementSize) })], Length = length };

    /// <summary>Every plane cut into <paramref name="pieces"/> planes of equal length.</summary>
    /// <exception cref="ShapeException">There would be too many planes.</exception>
    public Planes Cut(int pieces)
    {
        RequireAddressable((long)Count * pieces, Length / pieces);
        if (pieces == 1)
        {
            return this;
        }

        int length = Length / pieces;
        long step = (long)length * ElementSize;
        return this with
        {
            Addresses = [.. Addresses.SelectMany(a => Enumerable.Range(0, pieces).Select(i => a with { Offset = a.Offset + (i * step) }))],
            Length = length,
        };
    }

    /// <summary>Every <paramref name="pieces"/> planes as one, if they follow one another in memory; else null.</summary>
    /// <exception cref="ShapeException">The planes would be too long.</exception>
    public Planes? TryJoin(int pieces)
    {
        long step = (long)Length * ElementSize;
        for (int i = 0; i < Count; i++)
        {
            PlaneAddress first = Addresses[i / pieces * pieces];
            if (Addresses[i] != first with { Offset = first.Offset + (i % pieces * step) })
            {
                return null;
            }
        }

        RequireAddressable(Count / pieces, (long)Length * pieces);
        return this with
        {
            Addresses = [.. Enumerable.Range(0, Count / pieces).Select(i => Addresses[i * pieces])],
            Length = Length * pieces,
        };
    }
}
