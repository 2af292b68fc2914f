using System.Collections.Immutable;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Lowering;

/// <summary>Where a plane lies: a buffer and the offset of its first float within it.</summary>
internal readonly record struct PlaneAddress(int Buffer, long Offset);

/// <summary>
/// An activation as planes of equal length, each at an address of its own: splitting, concatenating and shuffling channels only makes another
/// list. An N x C x H x W value has N*C planes of H*W floats, an N x F value has N planes of F floats.
/// </summary>
/// <param name="Addresses">One address for each plane: image by image, then channel by channel.</param>
/// <param name="Length">Floats of a plane.</param>
internal sealed record Planes(ImmutableArray<PlaneAddress> Addresses, int Length)
{
    /// <summary>
    /// The most planes of an activation. Each takes an address in the plan and pointers in every session, which for the smallest planes is many times what they hold.
    /// </summary>
    public const int Most = 1 << 22;

    /// <summary>The number of planes.</summary>
    public int Count => Addresses.Length;

    /// <summary>Throws if an activation would have too many planes, or too long ones.</summary>
    /// <param name="count">Planes.</param>
    /// <param name="length">Elements of a plane.</param>
    /// <param name="shape">The activation's shape, if it is known.</param>
    /// <exception cref="ShapeException">There are more than <see cref="Most"/>, or they are longer than <see cref="PlaneLayout.LongestPlane"/>.</exception>
    public static void RequireAddressable(long count, long length, Shape? shape = null)
    {
        if (count > Most || length > PlaneLayout.LongestPlane)
        {
            throw new ShapeException(
                $"an activation{(shape is null ? "" : $" of shape {shape}")} would have {count} planes of {length} elements; "
                + $"at most {Most} (images x channels) of {PlaneLayout.LongestPlane} can be addressed.");
        }
    }

    /// <summary>The planes of the given positions.</summary>
    public Planes Select(IEnumerable<int> positions) => this with { Addresses = [.. positions.Select(i => Addresses[i])] };

    /// <summary>The planes of several activations, one after the other.</summary>
    public static Planes Merge(IEnumerable<Planes> parts)
    {
        Planes[] all = [.. parts];
        RequireAddressable(all.Sum(part => (long)part.Count), all[0].Length);
        return new([.. all.SelectMany(part => part.Addresses)], all[0].Length);
    }

    /// <summary>The same run of elements of every plane.</summary>
    public Planes Slice(int start, int length) =>
        new([.. Addresses.Select(a => a with { Offset = a.Offset + start })], length);

    /// <summary>Every plane cut into <paramref name="pieces"/> planes of equal length.</summary>
    /// <exception cref="ShapeException">There would be too many planes.</exception>
    public Planes Cut(int pieces)
    {
        RequireAddressable((long)Count * pieces, Length / pieces);
        int length = Length / pieces;
        return new([.. Addresses.SelectMany(a => Enumerable.Range(0, pieces).Select(i => a with { Offset = a.Offset + ((long)i * length) }))], length);
    }

    /// <summary>Every <paramref name="pieces"/> planes as one, if they follow one another in memory; else null.</summary>
    /// <exception cref="ShapeException">The planes would be too long.</exception>
    public Planes? TryJoin(int pieces)
    {
        for (int i = 0; i < Count; i++)
        {
            PlaneAddress first = Addresses[i / pieces * pieces];
            if (Addresses[i] != first with { Offset = first.Offset + ((long)(i % pieces) * Length) })
            {
                return null;
            }
        }

        RequireAddressable(Count / pieces, (long)Length * pieces);
        return new([.. Enumerable.Range(0, Count / pieces).Select(i => Addresses[i * pieces])], Length * pieces);
    }
}
