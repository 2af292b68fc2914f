using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DwEngine.Vision.Jpeg;

/// <summary>
/// The inverse discrete cosine transform of an 8 x 8 block in fixed point, after Loeffler, Ligtenberg and Moschytz: bit for bit what
/// libjpeg's accurate integer transform computes, and so what Pillow reads.
/// </summary>
internal static class InverseDct
{
    private const int Side = JpegComponent.BlockSide;

    /// <summary>Fraction bits of a constant.</summary>
    private const int ConstantBits = 13;

    /// <summary>Fraction bits that the first pass leaves.</summary>
    private const int PassBits = 2;

    /// <summary>No 8-bit samples have coefficients beyond this.</summary>
    private const int LargestCoefficient = 1024;

    /// <summary>Dequantises and transforms a block.</summary>
    /// <param name="coefficients">64 coefficients in natural order.</param>
    /// <param name="quantisation">64 quantisation steps in natural order.</param>
    /// <param name="samples">Where the block's first sample goes.</param>
    /// <param name="stride">From one row of samples to the next.</param>
    /// <returns>False, and nothing is written, if a coefficient is out of all range, as in damaged data.</returns>
    public static bool Transform(ReadOnlySpan<short> coefficients, ReadOnlySpan<ushort> quantisation, Span<byte> samples, int stride)
    {
        if (!coefficients[1..JpegComponent.BlockLength].ContainsAnyExcept((short)0))
        {
            int dc = coefficients[0] * quantisation[0];
            if (Math.Abs(dc) - quantisation[0] > Limit(quantisation))
            {
                return false;
            }

            int level = ((dc << PassBits) + (1 << (PassBits + 2))) >> (PassBits + 3);
            byte sample = ToSample(level);
            for (int row = 0; row < Side; row++)
            {
                samples.Slice(row * stride, Side).Fill(sample);
            }

            return true;
        }

        Span<int> block = stackalloc int[JpegComponent.BlockLength];
        int excess = 0;
        for (int i = 0; i < JpegComponent.BlockLength; i++)
        {
            int step = quantisation[i];
            block[i] = coefficients[i] * step;
            excess = Math.Max(excess, Math.Abs(block[i]) - step);
        }

        if (excess > Limit(quantisation))
        {
            return false;
        }

        Pass(block, ConstantBits - PassBits);
        Transpose(block);
        Pass(block, ConstantBits + PassBits + 3);
        for (int row = 0; row < Side; row++)
        {
            Span<byte> target = samples.Slice(row * stride, Side);
            for (int column = 0; column < Side; column++)
            {
                target[column] = ToSample(block[(column * Side) + row]);
            }
        }

        return true;
    }

    /// <summary>
    /// What coefficients may reach, but for rounding by a step. Some encoders make white whiter against ringing: mozjpeg by up to two steps
    /// of the first coefficient, and no more than 31 levels of brightness.
    /// </summary>
    private static int Limit(ReadOnlySpan<ushort> quantisation) =>
        LargestCoefficient + (JpegComponent.BlockSide * Math.Min(31, 2 * quantisation[0]));

    private static byte ToSample(int level) => (byte)Math.Clamp(level + 128, 0, byte.MaxValue);

    private static void Transpose(Span<int> block)
    {
        for (int row = 1; row < Side; row++)
        {
            for (int column = 0; column < row; column++)
            {
                (block[(row * Side) + column], block[(column * Side) + row]) = (block[(column * Side) + row], block[(row * Side) + column]);
            }
        }
    }

    /// <summary>Transforms the eight columns side by side.</summary>
    private static void Pass(Span<int> block, int shift)
    {
        ref int first = ref MemoryMarshal.GetReference(block);

        // The even part.
        Vector256<int> z2 = Load(ref first, 2);
        Vector256<int> z3 = Load(ref first, 6);
        Vector256<int> z1 = (z2 + z3) * 4433;
        Vector256<int> even2 = z1 - (z3 * 15137);
        Vector256<int> even3 = z1 + (z2 * 6270);
        z2 = Load(ref first, 0);
        z3 = Load(ref first, 4);
        Vector256<int> even0 = (z2 + z3) << ConstantBits;
        Vector256<int> even1 = (z2 - z3) << ConstantBits;
        Vector256<int> sum0 = even0 + even3;
        Vector256<int> sum3 = even0 - even3;
        Vector256<int> sum1 = even1 + even2;
        Vector256<int> sum2 = even1 - even2;

        // The odd part.
        Vector256<int> odd0 = Load(ref first, 7);
        Vector256<int> odd1 = Load(ref first, 5);
        Vector256<int> odd2 = Load(ref first, 3);
        Vector256<int> odd3 = Load(ref first, 1);
        z1 = (odd0 + odd3) * -7373;
        z2 = (odd1 + odd2) * -20995;
        z3 = odd0 + odd2;
        Vector256<int> z4 = odd1 + odd3;
        Vector256<int> z5 = (z3 + z4) * 9633;
        z3 = (z3 * -16069) + z5;
        z4 = (z4 * -3196) + z5;
        odd0 = (odd0 * 2446) + z1 + z3;
        odd1 = (odd1 * 16819) + z2 + z4;
        odd2 = (odd2 * 25172) + z2 + z3;
        odd3 = (odd3 * 12299) + z1 + z4;

        Vector256<int> half = Vector256.Create(1 << (shift - 1));
        Store(ref first, 0, (sum0 + odd3 + half) >> shift);
        Store(ref first, 7, (sum0 - odd3 + half) >> shift);
        Store(ref first, 1, (sum1 + odd2 + half) >> shift);
        Store(ref first, 6, (sum1 - odd2 + half) >> shift);
        Store(ref first, 2, (sum2 + odd1 + half) >> shift);
        Store(ref first, 5, (sum2 - odd1 + half) >> shift);
        Store(ref first, 3, (sum3 + odd0 + half) >> shift);
        Store(ref first, 4, (sum3 - odd0 + half) >> shift);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Load(ref int block, int row) => Vector256.LoadUnsafe(ref block, (nuint)(row * Side));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ref int block, int row, Vector256<int> values) => values.StoreUnsafe(ref block, (nuint)(row * Side));
}
