using System.Collections.Immutable;

namespace DwEngine.Graphs.Lowering;

/// <summary>Where a plane lies: a buffer and the offset of its first float within it.</summary>
internal readonly record struct PlaneAddress(int Buffer, int Offset);

/// <summary>
/// An activation as planes of equal length, each at an address of its own: splitting, concatenating and shuffling channels only makes another
/// list. An N x C x H x W value has N*C planes of H*W floats, an N x F value has N planes of F floats.
/// </summary>
/// <param name="Addresses">One address for each plane: image by image, then channel by channel.</param>
/// <param name="Length">Floats of a plane.</param>
internal sealed record Planes(ImmutableArray<PlaneAddress> Addresses, int Length)
{
    /// <summary>The number of planes.</summary>
    public int Count => Addresses.Length;

    /// <summary>The planes of the given positions.</summary>
    public Planes Select(IEnumerable<int> positions) => this with { Addresses = [.. positions.Select(i => Addresses[i])] };

    /// <summary>The planes of several activations, one after the other.</summary>
    public static Planes Merge(IEnumerable<Planes> parts)
    {
        Planes[] all = [.. parts];
        return new([.. all.SelectMany(part => part.Addresses)], all[0].Length);
    }

    /// <summary>The same run of elements of every plane.</summary>
    public Planes Slice(int start, int length) =>
        new([.. Addresses.Select(a => a with { Offset = a.Offset + start })], length);

    /// <summary>Every plane cut into <paramref name="pieces"/> planes of equal length.</summary>
    public Planes Cut(int pieces)
    {
        int length = Length / pieces;
        return new([.. Addresses.SelectMany(a => Enumerable.Range(0, pieces).Select(i => a with { Offset = a.Offset + (i * length) }))], length);
    }

    /// <summary>Every <paramref name="pieces"/> planes as one, if they follow one another in memory; else null.</summary>
    public Planes? TryJoin(int pieces)
    {
        for (int i = 0; i < Count; i++)
        {
            PlaneAddress first = Addresses[i / pieces * pieces];
            if (Addresses[i] != first with { Offset = first.Offset + (i % pieces * Length) })
            {
                return null;
            }
        }

        return new([.. Enumerable.Range(0, Count / pieces).Select(i => Addresses[i * pieces])], checked(Length * pieces));
    }
}
