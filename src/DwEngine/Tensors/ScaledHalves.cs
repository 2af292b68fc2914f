using System.Runtime.InteropServices;

namespace DwEngine.Tensors;

/// <summary>
/// Weights in half the memory: binary16 numbers and one power of two by which all are multiplied. It brings the largest to where binary16
/// is widest, so that no weight overflows and only those below 2^-28 of the largest become 0. All others keep 11 bits.
/// </summary>
/// <param name="Halves">The numbers, of type <see cref="ElementType.Float16"/>; each is normal or 0.</param>
/// <param name="Scale">The power of two.</param>
internal sealed record ScaledHalves(Tensor Halves, float Scale)
{
    // The exponent of the largest of all: one below binary16's largest, so that rounding does not overflow.
    private const int LargestExponent = 14;

    // Scales beyond these, or their reciprocals, times 2^112 leave the range of a float.
    private const int MostScale = 15;
    private const int LeastScale = -120;

    /// <summary>Rounds Float32 weights; null if they are not finite, all 0, or too large or small for a scale.</summary>
    public static ScaledHalves? TryRound(Tensor weights)
    {
        ReadOnlySpan<float> values = weights.Floats;
        float largest = 0;
        foreach (float value in values)
        {
            largest = MathF.Max(largest, MathF.Abs(value));
        }

        if (!float.IsFinite(largest) || largest == 0)
        {
            return null;
        }

        int exponent = Math.ILogB(largest) - LargestExponent;
        if (exponent is < LeastScale or > MostScale)
        {
            return null;
        }

        byte[] bytes = new byte[values.Length * sizeof(ushort)];
        Span<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes.AsSpan());
        for (int i = 0; i < values.Length; i++)
        {
            var half = (Half)Math.ScaleB(values[i], -exponent);
            halves[i] = Half.IsNormal(half) ? half : Half.Zero;
        }

        return new ScaledHalves(Tensor.FromBytes(ElementType.Float16, weights.Shape, bytes), (float)Math.ScaleB(1, exponent));
    }

    /// <summary>The numbers as they count.</summary>
    public Tensor ToFloat32()
    {
        float[] values = Halves.ToFloat32().Floats.ToArray();
        foreach (ref float value in values.AsSpan())
        {
            value *= Scale;
        }

        return Tensor.FromFloats(Halves.Shape, values);
    }
}
