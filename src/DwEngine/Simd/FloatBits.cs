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
}
