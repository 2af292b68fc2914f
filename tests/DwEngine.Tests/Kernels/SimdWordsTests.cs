using DwEngine.Simd;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>The words of each vocabulary that work lane by lane, against the vocabulary for one number.</summary>
public unsafe class SimdWordsTests
{
    private static readonly float[] s_numbers =
    [
        0, float.Epsilon, 1e-39f, 1.17549435e-38f, 0.3f, 0.5f, 0.7f, 1, 1.5f, 2.5f, 3, 1e7f, 8388607.5f, 3e9f, float.MaxValue,
        float.PositiveInfinity, float.NaN, -0f, -float.Epsilon, -0.3f, -0.5f, -0.7f, -1.5f, -2.5f, -3, -8388607.5f, -3e9f,
        float.NegativeInfinity,
    ];

    public static TheoryData<Isa> SupportedIsas => [.. Isas.Supported];

    [Theory]
    [MemberData(nameof(SupportedIsas))]
    public void A_word_does_to_each_lane_what_it_does_to_one_number(Isa isa)
    {
        switch (isa)
        {
            case Isa.Avx512:
                Check<Avx512Vector>();
                break;
            case Isa.Avx2:
                Check<Avx2Vector>();
                break;
            case Isa.Neon:
                Check<NeonVector>();
                break;
            default:
                Check<PortableVector>();
                break;
        }
    }

    [Theory]
    [InlineData(0.5f, 0f)]
    [InlineData(1.5f, 2f)]
    [InlineData(2.5f, 2f)]
    [InlineData(-2.5f, -2f)]
    [InlineData(-0.3f, -0f)]
    public void Rounding_goes_to_the_even_number_and_keeps_the_sign(float value, float expected) =>
        Assert.Equal(BitHash.BitsOf(expected), BitHash.BitsOf(ScalarVector.Round(ScalarVector.Broadcast(value)).Value));

    private static void Check<TVector>()
        where TVector : struct, IVector<TVector>
    {
        int lanes = TVector.Lanes;
        float* a = stackalloc float[lanes], b = stackalloc float[lanes], lane = stackalloc float[lanes];
        var random = new Random(1);
        for (int turn = 0; turn < 500; turn++)
        {
            for (int i = 0; i < lanes; i++)
            {
                (a[i], b[i]) = (s_numbers[random.Next(s_numbers.Length)], s_numbers[random.Next(s_numbers.Length)]);
            }

            TVector[] found = Words<TVector>(TVector.Load(a), TVector.Load(b));
            for (int word = 0; word < found.Length; word++)
            {
                TVector.Store(lane, found[word]);
                for (int i = 0; i < lanes; i++)
                {
                    float expected = Words(ScalarVector.Broadcast(a[i]), ScalarVector.Broadcast(b[i]))[word].Value;
                    Assert.True(
                        BitHash.BitsOf(expected) == BitHash.BitsOf(lane[i]),
                        $"Word {word} of {a[i]:R} and {b[i]:R}: {expected:R}, {lane[i]:R}.");
                }
            }

            CheckMasks<TVector>(random);
            CheckHalves<TVector>(random);
        }
    }

    private static TVector[] Words<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> =>
    [
        TVector.Subtract(a, b), TVector.Divide(a, b), TVector.SquareRoot(a), TVector.Min(a, b), TVector.Floor(a), TVector.Ceiling(a),
        TVector.Round(a),
        TVector.And(a, TVector.Less(a, b)), TVector.And(a, TVector.LessOrEqual(a, b)), TVector.And(a, TVector.Equal(a, b)),
        TVector.Select(TVector.Less(a, b), a, b), TVector.Or(a, b), TVector.Xor(a, b), TVector.ExponentOf(TVector.Broadcast(3e9f)),
        TVector.ExponentOf(TVector.Broadcast(FloatBits.SmallestNormal)), SignBits<TVector>.Clear(a), SignBits<TVector>.Flip(a),
    ];

    private static void CheckHalves<TVector>(Random random)
        where TVector : struct, IVector<TVector>
    {
        ushort* given = stackalloc ushort[TVector.Lanes];
        float* found = stackalloc float[TVector.Lanes];
        for (int i = 0; i < TVector.Lanes; i++)
        {
            var half = BitConverter.UInt16BitsToHalf((ushort)random.Next(1 << 16));
            given[i] = BitConverter.HalfToUInt16Bits(Half.IsNormal(half) ? half : Half.Zero);
        }

        TVector.Store(found, TVector.LoadHalves(given, TVector.Broadcast(8)));
        for (int i = 0; i < TVector.Lanes; i++)
        {
            Assert.Equal((float)Math.ScaleB((double)BitConverter.UInt16BitsToHalf(given[i]), -109), found[i]);
        }
    }

    private static void CheckMasks<TVector>(Random random)
        where TVector : struct, IVector<TVector>
    {
        int lanes = TVector.Lanes;
        byte* given = stackalloc byte[lanes], written = stackalloc byte[lanes + 1];
        random.GetItems<byte>([0, 0, 1, 128, 255], new Span<byte>(given, lanes));
        written[lanes] = 7;
        TVector mask = TVector.LoadMask(given);
        TVector.StoreMask(written, mask);
        for (int i = 0; i < lanes; i++)
        {
            Assert.Equal(given[i] == 0 ? 0 : 1, written[i]);
        }

        Assert.Equal(7, written[lanes]);
        float* bits = stackalloc float[lanes];
        TVector.Store(bits, mask);
        for (int i = 0; i < lanes; i++)
        {
            Assert.Equal(given[i] == 0 ? 0 : -1, BitConverter.SingleToInt32Bits(bits[i]));
        }
    }
}
