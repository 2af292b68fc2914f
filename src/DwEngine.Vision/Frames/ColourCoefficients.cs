namespace DwEngine.Vision.Frames;

/// <summary>
/// From luma and chroma to red, green and blue in fixed point: <c>red = Luma * (y - Black) + RedV * (v - 128)</c> and so on, rounded to
/// the nearest and bounded to 0 and 255.
/// </summary>
internal readonly record struct ColourCoefficients
{
    /// <summary>Fraction bits: the products of 8-bit samples, and sums of three, fit into 32 bits.</summary>
    public const int FractionBits = 20;

    private const int Neutral = 128, Half = 1 << (FractionBits - 1);

    /// <summary>The coefficients of a matrix and range.</summary>
    public ColourCoefficients(ColourMatrix matrix, ColourRange range)
    {
        (double red, double blue) = matrix == ColourMatrix.Bt601 ? (0.299, 0.114) : (0.2126, 0.0722);
        (double luma, double chroma) = range == ColourRange.Limited ? (255.0 / 219, 255.0 / 224) : (1, 1);
        double green = 1 - red - blue;
        Black = range == ColourRange.Limited ? 16 : 0;
        Luma = Fixed(luma);
        RedV = Fixed(2 * (1 - red) * chroma);
        BlueU = Fixed(2 * (1 - blue) * chroma);
        GreenU = Fixed(-2 * (1 - blue) * blue / green * chroma);
        GreenV = Fixed(-2 * (1 - red) * red / green * chroma);
        RedOffset = Half - (Neutral * RedV);
        GreenOffset = Half - (Neutral * (GreenU + GreenV));
        BlueOffset = Half - (Neutral * BlueU);
    }

    /// <summary>The luma of black; what is below counts as black.</summary>
    public int Black { get; }

    /// <summary>What luma adds to each colour.</summary>
    public int Luma { get; }

    /// <summary>What V adds to red.</summary>
    public int RedV { get; }

    /// <summary>What U adds to green.</summary>
    public int GreenU { get; }

    /// <summary>What V adds to green.</summary>
    public int GreenV { get; }

    /// <summary>What U adds to blue.</summary>
    public int BlueU { get; }

    /// <summary>Added to red: takes the neutral chroma off, and rounds.</summary>
    public int RedOffset { get; }

    /// <summary>Added to green.</summary>
    public int GreenOffset { get; }

    /// <summary>Added to blue.</summary>
    public int BlueOffset { get; }

    /// <summary>Red, green and blue of one pixel.</summary>
    public (byte Red, byte Green, byte Blue) Convert(int y, int u, int v)
    {
        int luma = Math.Max(y - Black, 0) * Luma;
        return (
            ToByte(luma + (v * RedV) + RedOffset), ToByte(luma + (u * GreenU) + (v * GreenV) + GreenOffset),
            ToByte(luma + (u * BlueU) + BlueOffset));
    }

    private static byte ToByte(int sum) => (byte)Math.Clamp(sum >> FractionBits, 0, byte.MaxValue);

    private static int Fixed(double value) => (int)Math.Round(value * (1 << FractionBits));
}
