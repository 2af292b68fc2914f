using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace DwEngine.Tensors;

/// <summary>
/// The dimensions of a tensor, outermost first (NCHW for images, OIHW for convolution weights). Every shape that exists is valid:
/// no dimension is negative and the number of elements fits in <see cref="long"/>.
/// </summary>
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>The largest number of dimensions that a shape may have.</summary>
    public const int MaxRank = 8;

    private readonly ImmutableArray<int> _dimensions;

    /// <summary>Creates a shape; no dimensions make a scalar with one element.</summary>
    /// <exception cref="ShapeException">
    /// A dimension is negative, the rank exceeds <see cref="MaxRank"/>, or the product overflows.
    /// </exception>
    public Shape(params ReadOnlySpan<int> dimensions)
    {
        if (dimensions.Length > MaxRank)
        {
            throw new ShapeException($"A shape has at most {MaxRank} dimensions; found {dimensions.Length}.");
        }

        long count = 1;
        foreach (int dimension in dimensions)
        {
            if (dimension < 0)
            {
                throw new ShapeException($"A dimension cannot be negative; found {Format(dimensions)}.");
            }

            try
            {
                count = checked(count * dimension);
            }
            catch (OverflowException error)
            {
                throw new ShapeException($"The shape {Format(dimensions)} has more elements than can be counted in 64 bits.", error);
            }
        }

        _dimensions = [.. dimensions];
        ElementCount = count;
    }

    /// <summary>The number of elements: the product of all dimensions.</summary>
    public long ElementCount { get => _dimensions.IsDefault ? 1 : field; }

    /// <summary>The number of dimensions.</summary>
    public int Rank => _dimensions.IsDefault ? 0 : _dimensions.Length;

    /// <summary>All dimensions, outermost first.</summary>
    public ReadOnlySpan<int> Dimensions => _dimensions.IsDefault ? [] : _dimensions.AsSpan();

    /// <summary>The dimension at <paramref name="axis"/>, counted from the outermost.</summary>
    public int this[int axis] => Dimensions[axis];

    /// <summary>The dimension at <paramref name="axis"/>, which may be counted from the end.</summary>
    public int this[Index axis] => Dimensions[axis];

    /// <summary>The same shape with one dimension replaced.</summary>
    public Shape With(int axis, int dimension)
    {
        Span<int> copy = stackalloc int[MaxRank];
        Dimensions.CopyTo(copy);
        copy[axis] = dimension;
        return new Shape(copy[..Rank]);
    }

    /// <inheritdoc/>
    public bool Equals(Shape other) => Dimensions.SequenceEqual(other.Dimensions);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (int dimension in Dimensions)
        {
            hash.Add(dimension);
        }

        return hash.ToHashCode();
    }

    /// <summary>Whether two shapes have the same dimensions.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether two shapes differ.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>The dimensions as <c>1x3x224x224</c>.</summary>
    public override string ToString() => Format(Dimensions);

    private static string Format(ReadOnlySpan<int> dimensions) =>
        dimensions.Length == 0 ? "scalar" : string.Join('x', dimensions.ToArray());
}
