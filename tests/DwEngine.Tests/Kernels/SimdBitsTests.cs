using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>
/// What each vocabulary that this CPU can run must give to the bit: the order of sums, the exponential, zeros with signs.
/// </summary>
public unsafe class SimdBitsTests
{
    // Of the exponential's domain every so many floats are tried; a prime, so that all low bits occur.
    private const int Step = 99_991;

    private static readonly float[] s_numbers =
        [float.NegativeInfinity, -7, -1e-39f, -0f, 0, 1e-39f, 3, 6, 7, float.PositiveInfinity, float.NaN];

    public static TheoryData<Isa> SupportedIsas => [.. Isas.Supported];

    [Theory]
    [MemberData(nameof(SupportedIsas))]
    public void A_sum_has_one_order(Isa isa) => Dispatch(isa, new SumCheck());

    [Theory]
    [MemberData(nameof(SupportedIsas))]
    public void A_clamp_keeps_what_lies_between_its_bounds_and_a_maximum_knows_the_sign_of_zero(Isa isa) => Dispatch(isa, new BoundCheck());

    [Theory]
    [MemberData(nameof(SupportedIsas))]
    public void The_exponential_is_exact_to_a_unit_in_the_last_place(Isa isa) => Dispatch(isa, new ExponentialCheck());

    [Theory]
    [MemberData(nameof(SupportedIsas))]
    public void A_product_and_a_sum_are_rounded_once(Isa isa)
    {
        Assert.SkipUnless(Isas.IsReproducible(isa), "This process has vectors without a fused multiply-add.");
        Dispatch(isa, new FusedCheck());
    }

    [Fact]
    public void The_exponential_has_the_bits_that_every_CPU_gives()
    {
        Assert.SkipUnless(Isas.IsReproducible(Isas.Best), "This process has vectors without a fused multiply-add.");
        Assert.Equal("C038CFEFA2AEDD6D", BitHash.Of(Apply(Isas.Best, [.. Enumerable.Range(0, 40_000).Select(i => (i - 30_000) / 256f)])));
    }

    private static float[] Apply(Isa isa, float[] values)
    {
        var check = new ExponentialCheck();
        return isa switch
        {
            Isa.Avx512 => check.Apply<Avx512Vector>(values),
            Isa.Avx2 => check.Apply<Avx2Vector>(values),
            Isa.Neon => check.Apply<NeonVector>(values),
            _ => check.Apply<PortableVector>(values),
        };
    }

    private static void Dispatch<TCheck>(Isa isa, TCheck check)
        where TCheck : ICheck
    {
        switch (isa)
        {
            case Isa.Avx512:
                check.Run<Avx512Vector>();
                break;
            case Isa.Avx2:
                check.Run<Avx2Vector>();
                break;
            case Isa.Neon:
                check.Run<NeonVector>();
                break;
            default:
                check.Run<PortableVector>();
                break;
        }
    }

    private static uint Bits(float value) => BitHash.BitsOf(value);

    private interface ICheck
    {
        void Run<TVector>()
            where TVector : struct, IVector<TVector>;
    }

    private sealed class SumCheck : ICheck
    {
        public void Run<TVector>()
            where TVector : struct, IVector<TVector>
        {
            var random = new Random(1);
            int together = PartialSums<TVector>.Together;
            float* sums = stackalloc float[together];
            float** pointers = stackalloc float*[together];
            for (int length = 1; length < 100; length++)
            {
                int count = random.Next(1, together + 1);
                var shape = new Shape(length);
                float[][] blocks =
                    [.. Enumerable.Range(0, count).Select(_ => TestTensors.Random(random, shape, -0.3f, 0.7f).Floats.ToArray())];
                GuardedMemory[] memory = [.. blocks.Select(_ => new GuardedMemory(length, GuardEdge.End))];
                for (int i = 0; i < count; i++)
                {
                    blocks[i].CopyTo(memory[i].Span);
                    pointers[i] = memory[i].Pointer;
                }

                PartialSums<TVector>.Sum(pointers, count, length, sums);
                for (int i = 0; i < count; i++)
                {
                    Assert.Equal(Bits(Tree(blocks[i])), Bits(sums[i]));
                    ((IDisposable)memory[i]).Dispose();
                }
            }
        }

        private static float Tree(float[] values)
        {
            float[] partial = new float[16];
            for (int i = 0; i < values.Length; i++)
            {
                partial[i % 16] += values[i];
            }

            float[] eight = [.. Enumerable.Range(0, 8).Select(i => partial[i] + partial[i + 8])];
            float[] four = [.. Enumerable.Range(0, 4).Select(i => eight[i] + eight[i + 4])];
            return (four[0] + four[1]) + (four[2] + four[3]);
        }
    }

    private sealed class BoundCheck : ICheck
    {
        public void Run<TVector>()
            where TVector : struct, IVector<TVector>
        {
            foreach (float a in s_numbers)
            {
                foreach (float b in s_numbers)
                {
                    Assert.Equal(Bits(MathF.Max(a, b)), Bits(First<TVector>(TVector.Max(TVector.Broadcast(a), TVector.Broadcast(b)))));
                    float raised = First<TVector>(TVector.AtLeast(TVector.Broadcast(a), TVector.Broadcast(b)));
                    Assert.True(Bits(a < b ? b : a) == Bits(raised), $"{a:R}, at least {b:R}");
                    foreach (float high in s_numbers.Where(high => high >= b && Bits(high) != Bits(-0f)))
                    {
                        float expected = a < b ? b : a;
                        expected = expected > high ? high : expected;
                        TVector found = TVector.Clamp(TVector.Broadcast(a), TVector.Broadcast(b), TVector.Broadcast(high));
                        Assert.True(Bits(expected) == Bits(First<TVector>(found)), $"{a:R} between {b:R} and {high:R}");
                        float lowered = First<TVector>(TVector.AtMost(TVector.Broadcast(a), TVector.Broadcast(high)));
                        Assert.True(Bits(a > high ? high : a) == Bits(lowered), $"{a:R}, at most {high:R}");
                    }
                }
            }
        }
    }

    private sealed class FusedCheck : ICheck
    {
        public void Run<TVector>()
            where TVector : struct, IVector<TVector>
        {
            // (1 + u)^2 - (1 + 2 u) is u^2, which a product that is rounded by itself loses.
            float u = MathF.ScaleB(1, -20);
            TVector a = TVector.Broadcast(1 + u);
            Assert.Equal(u * u, First<TVector>(TVector.MultiplyAdd(a, a, TVector.Broadcast(-(1 + (2 * u))))));
        }
    }

    private sealed class ExponentialCheck : ICheck
    {
        private const int LongestVector = 16;

        public void Run<TVector>()
            where TVector : struct, IVector<TVector>
        {
            AssertExact([float.NaN, float.NegativeInfinity, float.PositiveInfinity, float.MinValue, float.MaxValue]);
            AssertExact([-0f, 0, float.Epsilon, -float.Epsilon]);
            // Overflow begins between the first two; the third gives the smallest normal number, and below the last nothing is left but 0.
            AssertExact([88.72283f, 88.72284f, -87.33654f, -87.33655f, -103.27893f, -103.97207f, -103.97208f]);
            var sampled = new List<float>();
            for (long bits = 0; bits <= uint.MaxValue; bits += Step)
            {
                sampled.Add(BitConverter.UInt32BitsToSingle((uint)bits));
            }

            AssertExact([.. sampled.Where(x => Math.Abs(x) is > 1e-9f and < 110)]);
            Assert.Equal(1, Apply<TVector>([-0f])[0]);
            AssertPlusOneExact([-87, 88, 0, .. sampled.Where(x => Math.Abs(x) > 1e-9f && x is > -87 and < 88)]);

            void AssertPlusOneExact(float[] values)
            {
                float[] found = Apply<TVector>(values, Exponential<TVector>.PlusOne);
                for (int i = 0; i < values.Length; i++)
                {
                    double exact = 1 + Math.Exp(values[i]);
                    float rounded = (float)exact;
                    bool agrees = Math.Abs(found[i] - exact) <= 1.6 * ((double)MathF.BitIncrement(rounded) - rounded);
                    Assert.True(agrees, $"1 + exp({values[i]:R}) is {exact:R}, found {found[i]:R}.");
                }
            }

            void AssertExact(float[] values)
            {
                float[] found = Apply<TVector>(values);
                for (int i = 0; i < values.Length; i++)
                {
                    double exact = Math.Exp(values[i]);
                    float rounded = (float)exact;
                    bool agrees = float.IsFinite(rounded) && rounded > 0
                        ? Math.Abs(found[i] - exact) <= 1.02 * ((double)MathF.BitIncrement(rounded) - rounded)
                        : Bits(found[i]) == Bits(rounded);
                    Assert.True(agrees, $"exp({values[i]:R}) is {exact:R}, found {found[i]:R}.");
                }
            }
        }

        public float[] Apply<TVector>(float[] values)
            where TVector : struct, IVector<TVector> => Apply<TVector>(values, Exponential<TVector>.Of);

        private static float[] Apply<TVector>(float[] values, Func<TVector, TVector> function)
            where TVector : struct, IVector<TVector>
        {
            using var memory = new AlignedBuffer((values.Length + LongestVector) * sizeof(float));
            values.CopyTo(memory.AsSpan());
            for (int i = 0; i < values.Length; i += TVector.Lanes)
            {
                TVector.Store(memory.Floats + i, function(TVector.Load(memory.Floats + i)));
            }

            return memory.AsSpan()[..values.Length].ToArray();
        }
    }

    private static float First<TVector>(TVector vector)
        where TVector : struct, IVector<TVector>
    {
        float* lanes = stackalloc float[TVector.Lanes];
        TVector.Store(lanes, vector);
        float first = lanes[0];
        Assert.All(new ReadOnlySpan<float>(lanes, TVector.Lanes).ToArray(), lane => Assert.Equal(Bits(first), Bits(lane)));
        return first;
    }
}
