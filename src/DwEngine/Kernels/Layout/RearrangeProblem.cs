using System.Collections.Immutable;

namespace DwEngine.Kernels.Layout;

/// <summary>
/// Where the elements along one output axis come from: for each index how far to go in the table of input planes and within a plane.
/// </summary>
/// <param name="Planes">Planes to go on for each index, or -1 where nothing is read and the fill value is written.</param>
/// <param name="Bytes">Bytes to go on within the plane for each index.</param>
internal sealed record AxisWalk(ImmutableArray<int> Planes, ImmutableArray<long> Bytes)
{
    /// <summary>What <see cref="Planes"/> holds where nothing is read.</summary>
    public const int Fill = -1;

    /// <summary>The length of the axis.</summary>
    public int Length => Planes.Length;
}

/// <summary>
/// Copies elements from anywhere in the input planes: each output axis has a list of steps, and an element's place is the sum of those of
/// its indices.
/// </summary>
/// <param name="ElementSize">Bytes of an element: 1, 2, 4 or 8.</param>
/// <param name="Outer">The axes that count the output planes, outermost first.</param>
/// <param name="Inner">The axes of an output plane, outermost first.</param>
/// <param name="FillValue">The bytes of the element that is written where nothing is read.</param>
internal sealed record RearrangeProblem(int ElementSize, ImmutableArray<AxisWalk> Outer, ImmutableArray<AxisWalk> Inner, ulong FillValue)
{
    /// <summary>The number of output planes.</summary>
    public int Planes => Product(Outer);

    /// <summary>Elements of an output plane.</summary>
    public int PlaneLength => Product(Inner);

    private static int Product(ImmutableArray<AxisWalk> axes)
    {
        int product = 1;
        foreach (AxisWalk axis in axes)
        {
            product = checked(product * axis.Length);
        }

        return product;
    }
}
