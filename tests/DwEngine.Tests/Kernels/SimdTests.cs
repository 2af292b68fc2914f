using System.Runtime.CompilerServices;
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
                Check<Avx512Vector>(isa);
                break;
            case Isa.Avx2:
                Check<Avx2Vector>(isa);
                break;
            case Isa.Neon:
                Check<NeonVector>(isa);
                break;
            default:
                Check<PortableVector>(isa);
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

    private static void Check<TVector>(Isa isa)
        where TVector : struct, IVector<TVector>
    {
        Assert.Equal(isa, TVector.Isa);
        int lanes = TVector.Lanes;
        Assert.Equal(Unsafe.SizeOf<TVector>() / sizeof(float), lanes);
        float[] first = [.. Enumerable.Range(0, lanes).Select(i => i + 0.5f)],
        second = [.. Enumerable.Range(0, lanes).Select(i => 100f - (3 * i))];
        using AlignedBuffer memory = new(4 * lanes * sizeof(float)), target = new(3 * lanes * sizeof(float));
        first.CopyTo(memory.AsSpan());
        second.CopyTo(memory.AsSpan()[lanes..]);
        TVector a = TVector.Load(memory.Floats), b = TVector.Load(memory.Floats + lanes);

        Assert.Equal(first, Lanes(a));
        Assert.Equal([.. first[1..], second[0]], Lanes(TVector.Load(memory.Floats + 1)));
        Assert.Equal(Enumerable.Repeat(7f, lanes), Lanes(TVector.Broadcast(7)));
        Assert.Equal(first.Zip(second, (x, y) => x + y), Lanes(TVector.Add(a, b)));
        Assert.Equal(first.Zip(second, (x, y) => x * y), Lanes(TVector.Multiply(a, b)));
        Assert.Equal(first.Zip(second, (x, y) => (x * y) + 2), Lanes(TVector.MultiplyAdd(a, b, TVector.Broadcast(2))));
        Assert.Equal(first.Zip(second, MathF.Max), Lanes(TVector.Max(a, b)));
        Assert.Equal(first.Select(x => Math.Clamp(x, 1, 3)), Lanes(TVector.Clamp(a, TVector.Broadcast(1), TVector.Broadcast(3))));
        Assert.Equal(first.Sum(), TVector.Sum(a));

        float[] both = [.. first, .. second];
        Assert.Equal(both.Where((_, i) => i % 2 == 0), Lanes(TVector.Even(a, b)));
        Assert.Equal(both.Where((_, i) => i % 2 == 1), Lanes(TVector.Odd(a, b)));
        float[] inTurns = [.. first.Zip(second, (x, y) => new[] { x, y }).SelectMany(pair => pair)];
        Assert.Equal(inTurns[..lanes], Lanes(TVector.InterleaveLower(a, b)));
        Assert.Equal(inTurns[lanes..], Lanes(TVector.InterleaveUpper(a, b)));
        Assert.Equal([first[^1], .. second[..^1]], Lanes(TVector.ShiftUp(a, b)));
        Assert.Equal([.. first[1..], second[0]], Lanes(TVector.ShiftDown(a, b)));
        Assert.Equal(first, Lanes(TVector.And(a, TVector.Broadcast(BitConverter.Int32BitsToSingle(-1)))));
        Assert.Equal(new float[lanes], Lanes(TVector.And(a, TVector.Broadcast(0))));

        TVector nan = TVector.Broadcast(float.NaN);
        Assert.All(Lanes(TVector.Max(a, nan)), x => Assert.True(float.IsNaN(x)));
        Assert.All(Lanes(TVector.Max(nan, a)), x => Assert.True(float.IsNaN(x)));
        Assert.All(Lanes(TVector.Clamp(nan, TVector.Broadcast(0), TVector.Broadcast(6))), x => Assert.True(float.IsNaN(x)));
        Assert.All(
            Lanes(TVector.Clamp(nan, TVector.Broadcast(float.NegativeInfinity), TVector.Broadcast(float.PositiveInfinity))),
            x => Assert.True(float.IsNaN(x)));

        for (int begin = -2; begin <= lanes + 2; begin++)
        {
            for (int end = -2; end <= lanes + 2; end++)
            {
                Assert.Equal(first.Select((x, i) => i >= begin && i < end ? x : 0), Lanes(TVector.LoadRange(memory.Floats, begin, end)));
            }
        }

        for (int count = -lanes; count <= lanes + 2; count++)
        {
            Assert.Equal(first.Select((x, i) => i < count ? x : 0), Lanes(TVector.LoadPartial(memory.Floats, count)));
        }

        for (int count = 0; count <= lanes; count++)
        {
            target.AsSpan().Fill(-1);
            TVector.StorePartial(target.Floats + 1, a, count);
            Assert.Equal([-1, .. first[..count], -1], target.AsSpan()[..(count + 2)].ToArray());
        }

        float[] Lanes(TVector vector)
        {
            target.AsSpan().Fill(-1);
            TVector.Store(target.Floats + 1, vector);
            Assert.Equal(-1, target.AsSpan()[0]);
            Assert.Equal(-1, target.AsSpan()[lanes + 1]);
            return target.AsSpan().Slice(1, lanes).ToArray();
        }
    }
}
