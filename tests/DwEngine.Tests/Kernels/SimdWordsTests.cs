using System.Runtime.Intrinsics;
using DwEngine.Simd;
using DwEngine.Tests.Support;
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
                Check<Avx512Simd, Vector512<float>>();
                break;
            case Isa.Avx2:
                Check<Avx2Simd, Vector256<float>>();
                break;
            case Isa.Neon:
                Check<NeonSimd, Vector128<float>>();
                break;
            default:
                Check<PortableSimd, Vector128<float>>();
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
        Assert.Equal(BitHash.BitsOf(expected), BitHash.BitsOf(ScalarSimd.Round(value)));

    private static void Check<TSimd, TVector>()
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int lanes = TSimd.Lanes;
        float* a = stackalloc float[lanes], b = stackalloc float[lanes], lane = stackalloc float[lanes];
        var random = new Random(1);
        for (int turn = 0; turn < 500; turn++)
        {
            for (int i = 0; i < lanes; i++)
            {
                (a[i], b[i]) = (s_numbers[random.Next(s_numbers.Length)], s_numbers[random.Next(s_numbers.Length)]);
            }

            TVector[] found = Words<TSimd, TVector>(TSimd.Load(a), TSimd.Load(b));
            for (int word = 0; word < found.Length; word++)
            {
                TSimd.Store(lane, found[word]);
                for (int i = 0; i < lanes; i++)
                {
                    float expected = Words<ScalarSimd, float>(a[i], b[i])[word];
                    Assert.True(
                        BitHash.BitsOf(expected) == BitHash.BitsOf(lane[i]), $"Word {word} of {a[i]:R} and {b[i]:R}: {expected:R}, {lane[i]:R}.");
                }
            }

            CheckMasks<TSimd, TVector>(random);
        }
    }

    private static TVector[] Words<TSimd, TVector>(TVector a, TVector b)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct =>
    [
        TSimd.Subtract(a, b), TSimd.Divide(a, b), TSimd.SquareRoot(a), TSimd.Min(a, b), TSimd.Floor(a), TSimd.Ceiling(a), TSimd.Round(a),
        TSimd.And(a, TSimd.Less(a, b)), TSimd.And(a, TSimd.LessOrEqual(a, b)), TSimd.And(a, TSimd.Equal(a, b)),
        TSimd.Select(TSimd.Less(a, b), a, b), TSimd.Or(a, b), TSimd.Xor(a, b), TSimd.ExponentOf(TSimd.Broadcast(3e9f)),
        TSimd.ExponentOf(TSimd.Broadcast(FloatBits.SmallestNormal)), SignBits<TSimd, TVector>.Clear(a), SignBits<TSimd, TVector>.Flip(a),
    ];

    private static void CheckMasks<TSimd, TVector>(Random random)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int lanes = TSimd.Lanes;
        byte* given = stackalloc byte[lanes], written = stackalloc byte[lanes + 1];
        random.GetItems<byte>([0, 0, 1, 128, 255], new Span<byte>(given, lanes));
        written[lanes] = 7;
        TVector mask = TSimd.LoadMask(given);
        TSimd.StoreMask(written, mask);
        for (int i = 0; i < lanes; i++)
        {
            Assert.Equal(given[i] == 0 ? 0 : 1, written[i]);
        }

        Assert.Equal(7, written[lanes]);
        float* bits = stackalloc float[lanes];
        TSimd.Store(bits, mask);
        for (int i = 0; i < lanes; i++)
        {
            Assert.Equal(given[i] == 0 ? 0 : -1, BitConverter.SingleToInt32Bits(bits[i]));
        }
    }
}
