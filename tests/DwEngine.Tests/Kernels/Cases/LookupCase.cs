using System.Runtime.InteropServices;
using DwEngine.Kernels.Layout;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>
/// Elements looked up along the middle one of three axes, or rows of the last axis by pairs of indices for the first two. The first plane
/// is the data, the second the indices, of which an Int64 is two floats here.
/// </summary>
internal sealed record LookupCase(int Outer, int Length, int Inner, int Count, bool HasLongIndices, bool HasPairs = false)
    : KernelCase<LookupProblem>
{
    public override PlaneSet Inputs => new(2, Math.Max(Outer * Length * Inner, IndexFloats));

    public override PlaneSet Outputs => new(1, (HasPairs ? 1 : Outer) * Count * Inner);

    public override bool HasPlaces => true;

    private int Indices => HasPairs ? 2 * Count : Outputs.Elements;

    private int IndexFloats => Indices * (HasLongIndices ? 2 : 1);

    /// <summary>A random case.</summary>
    public static LookupCase Random(Random random) => new(
        random.Next(1, 5), random.Next(1, 9), random.Next(1, 40), random.Next(8) == 0 ? 300 : random.Next(1, 12), random.Next(2) == 0)
    {
        Seed = random.Next(),
    };

    /// <summary>A random case of pairs.</summary>
    public static LookupCase RandomPairs(Random random) => Random(random) with { HasPairs = true };

    public override int ReadableLength(int plane) => plane == 0 ? Outer * Length * Inner : IndexFloats;

    public override float[] MakeInput()
    {
        float[] input = base.MakeInput();
        Random random = ParameterRandom();
        Span<float> indices = input.AsSpan(Inputs.Length, IndexFloats);
        for (int i = 0; i < Indices; i++)
        {
            int length = HasPairs && i % 2 == 0 ? Outer : Length, index = random.Next(-length, length);
            if (HasLongIndices)
            {
                MemoryMarshal.Cast<float, long>(indices)[i] = index;
            }
            else
            {
                MemoryMarshal.Cast<float, int>(indices)[i] = index;
            }
        }

        return input;
    }

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        ReadOnlySpan<float> indices = input.Slice(Inputs.Length, IndexFloats);
        for (int i = 0; i < values.Length; i++)
        {
            int inner = i % Inner, pair = 2 * (i / Inner);
            int outer = HasPairs ? PositionAt(indices, pair, Outer) : i / (Count * Inner);
            int position = PositionAt(indices, HasPairs ? pair + 1 : i, Length);
            values[i] = input[(((outer * Length) + position) * Inner) + inner];
        }

        return new Expectation(values, new double[values.Length]) { IsBitwise = true };
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Outer, 1).Select(outer => this with { Outer = outer })
            .Concat(Shrinking.Towards(Length, 1).Select(length => this with { Length = length }))
            .Concat(Shrinking.Towards(Inner, 1).Select(inner => this with { Inner = inner }))
            .Concat(Shrinking.Towards(Count, 1).Select(count => this with { Count = count }));

    protected override LookupProblem MakeProblem() => HasPairs
        ? new(
            sizeof(float),
            HasLongIndices,
            [new(Count, 0, 2), new(Inner, 1, 0)],
            [new(Outer, Length * Inner), new(Length, Inner)])
        : new(
            sizeof(float),
            HasLongIndices,
            [new(Outer, Length * Inner, Count * Inner), new(Count, 0, Inner), new(Inner, 1, 1)],
            [new(Length, Inner)]);

    private int PositionAt(ReadOnlySpan<float> indices, int place, int length)
    {
        long index = HasLongIndices ? MemoryMarshal.Cast<float, long>(indices)[place] : MemoryMarshal.Cast<float, int>(indices)[place];
        return (int)(index < 0 ? index + length : index);
    }
}
