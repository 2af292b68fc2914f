namespace DwEngine.Simd;

/// <summary>The layout of a binary32.</summary>
internal static class FloatBits
{
    /// <summary>Bits below the exponent.</summary>
    public const int FractionBits = 23;

    /// <summary>
    /// Added to a whole number of small magnitude, leaves it in the lowest bits of the sum, rounded to nearest, ties to even.
    /// </summary>
    public const float WholeNumberOffset = 1.5f * (1 << FractionBits);

    /// <summary>Added to an exponent from -126 to 127, leaves it in the lowest bits of the sum as binary32 has it.</summary>
    public const float ExponentOffset = WholeNumberOffset + 127;

    /// <summary>The bits of 2^23: with a small whole number in the lowest bits, it is that number more.</summary>
    public const int WholeNumberBits = 0x4B000000;

    /// <summary>By how much a float of <see cref="WholeNumberBits"/> and the bits of an exponent is more than the exponent.</summary>
    public const float ExponentBias = (1 << FractionBits) + 127;

    /// <summary>The smallest normal number.</summary>
    public const float SmallestNormal = 1.17549435e-38f;

    /// <summary>A float of which only the sign is not 0.</summary>
    public const float Sign = -0f;

    /// <summary>The bits of a fraction.</summary>
    public const int Fraction = (1 << FractionBits) - 1;

    /// <summary>The bits that a binary16 has where a float has its own: the sign, and all but the first three of the others.</summary>
    public const int HalfBits = unchecked((int)0x8FFFFFFF);

    /// <summary>Bits by which the upper half of a float is wider than a binary16 before the exponent.</summary>
    public const int HalfShift = 3;

    /// <summary>The upper part of the natural logarithm of 2. It has so few bits that its product with any exponent is exact.</summary>
    public const float Log2High = 0.693359375f;

    /// <summary>What the natural logarithm of 2 is more than <see cref="Log2High"/>.</summary>
    public const float Log2Low = -2.12194440e-4f;
}
