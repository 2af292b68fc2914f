using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DwEngine.Simd;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>Each vocabulary that this CPU can run, word for word.</summary>
public unsafe class SimdTests
{
    public static TheoryData<Isa> SupportedIsas => [.. Isas.Supported];

    [Theory]
    [MemberData(nameof(SupportedIsas))]
    public void The_vocabulary_means_what_it_says(Isa isa)
    {
        switch (isa)
        {
            case Isa.Avx512:
                Check<Avx512Simd, Vector512<float>>(isa);
                break;
            case Isa.Avx2:
                Check<Avx2Simd, Vector256<float>>(isa);
                break;
            case Isa.Neon:
                Check<NeonSimd, Vector128<float>>(isa);
                break;
            default:
                Check<PortableSimd, Vector128<float>>(isa);
                break;
        }
    }

    [Fact]
    public void The_best_instruction_set_is_the_last_of_the_supported()
    {
        Assert.Equal(Isas.Supported[^1], Isas.Best);
        Assert.Contains(Isa.Portable, Isas.Supported);
        Assert.All(Isas.Supported, Isas.ThrowIfUnsupported);
    }

    private static void Check<TSimd, TVector>(Isa isa)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        Assert.Equal(isa, TSimd.Isa);
        int lanes = TSimd.Lanes;
        Assert.Equal(Unsafe.SizeOf<TVector>() / sizeof(float), lanes);
        float[] first = [.. Enumerable.Range(0, lanes).Select(i => i + 0.5f)], second = [.. Enumerable.Range(0, lanes).Select(i => 100f - (3 * i))];
        using AlignedBuffer memory = new(4 * lanes * sizeof(float)), target = new(3 * lanes * sizeof(float));
        first.CopyTo(memory.AsSpan());
        second.CopyTo(memory.AsSpan()[lanes..]);
        TVector a = TSimd.Load(memory.Floats), b = TSimd.Load(memory.Floats + lanes);

        Assert.Equal(first, Lanes(a));
        Assert.Equal([.. first[1..], second[0]], Lanes(TSimd.Load(memory.Floats + 1)));
        Assert.Equal(Enumerable.Repeat(7f, lanes), Lanes(TSimd.Broadcast(7)));
        Assert.Equal(first.Zip(second, (x, y) => x + y), Lanes(TSimd.Add(a, b)));
        Assert.Equal(first.Zip(second, (x, y) => x * y), Lanes(TSimd.Multiply(a, b)));
        Assert.Equal(first.Zip(second, (x, y) => (x * y) + 2), Lanes(TSimd.MultiplyAdd(a, b, TSimd.Broadcast(2))));
        Assert.Equal(first.Zip(second, MathF.Max), Lanes(TSimd.Max(a, b)));
        Assert.Equal(first.Select(x => Math.Clamp(x, 1, 3)), Lanes(TSimd.Clamp(a, TSimd.Broadcast(1), TSimd.Broadcast(3))));
        Assert.Equal(first.Sum(), TSimd.Sum(a));

        float[] both = [.. first, .. second];
        Assert.Equal(both.Where((_, i) => i % 2 == 0), Lanes(TSimd.Even(a, b)));
        Assert.Equal(both.Where((_, i) => i % 2 == 1), Lanes(TSimd.Odd(a, b)));
        Assert.Equal([first[^1], .. second[..^1]], Lanes(TSimd.ShiftUp(a, b)));
        Assert.Equal([.. first[1..], second[0]], Lanes(TSimd.ShiftDown(a, b)));
        Assert.Equal(first, Lanes(TSimd.And(a, TSimd.Broadcast(BitConverter.Int32BitsToSingle(-1)))));
        Assert.Equal(new float[lanes], Lanes(TSimd.And(a, TSimd.Broadcast(0))));

        TVector nan = TSimd.Broadcast(float.NaN);
        Assert.All(Lanes(TSimd.Max(a, nan)), x => Assert.True(float.IsNaN(x)));
        Assert.All(Lanes(TSimd.Max(nan, a)), x => Assert.True(float.IsNaN(x)));
        Assert.All(Lanes(TSimd.Clamp(nan, TSimd.Broadcast(0), TSimd.Broadcast(6))), x => Assert.True(float.IsNaN(x)));
        Assert.All(
            Lanes(TSimd.Clamp(nan, TSimd.Broadcast(float.NegativeInfinity), TSimd.Broadcast(float.PositiveInfinity))),
            x => Assert.True(float.IsNaN(x)));

        for (int begin = -2; begin <= lanes + 2; begin++)
        {
            for (int end = -2; end <= lanes + 2; end++)
            {
                Assert.Equal(first.Select((x, i) => i >= begin && i < end ? x : 0), Lanes(TSimd.LoadRange(memory.Floats, begin, end)));
            }
        }

        for (int count = -lanes; count <= lanes + 2; count++)
        {
            Assert.Equal(first.Select((x, i) => i < count ? x : 0), Lanes(TSimd.LoadPartial(memory.Floats, count)));
        }

        for (int count = 0; count <= lanes; count++)
        {
            target.AsSpan().Fill(-1);
            TSimd.StorePartial(target.Floats + 1, a, count);
            Assert.Equal([-1, .. first[..count], -1], target.AsSpan()[..(count + 2)].ToArray());
        }

        float[] Lanes(TVector vector)
        {
            target.AsSpan().Fill(-1);
            TSimd.Store(target.Floats + 1, vector);
            Assert.Equal(-1, target.AsSpan()[0]);
            Assert.Equal(-1, target.AsSpan()[lanes + 1]);
            return target.AsSpan().Slice(1, lanes).ToArray();
        }
    }
}
