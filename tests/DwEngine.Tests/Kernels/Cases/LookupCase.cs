using System.Runtime.InteropServices;
using DwEngine.Kernels.Layout;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>
/// Elements looked up along the middle one of three axes. The first plane is the data, the second the indices, of which an Int64 is two
/// floats here.
/// </summary>
internal sealed record LookupCase(int Outer, int Length, int Inner, int Count, bool HasLongIndices) : KernelCase<LookupProblem>
{
    public override PlaneSet Inputs => new(2, Math.Max(Outer * Length * Inner, IndexFloats));

    public override PlaneSet Outputs => new(1, Outer * Count * Inner);

    public override bool HasPlaces => true;

    private int IndexFloats => Outputs.Elements * (HasLongIndices ? 2 : 1);

    /// <summary>A random case.</summary>
    public static LookupCase Random(Random random) => new(
        random.Next(1, 5), random.Next(1, 9), random.Next(1, 40), random.Next(8) == 0 ? 300 : random.Next(1, 12), random.Next(2) == 0)
    {
        Seed = random.Next(),
    };

    public override int ReadableLength(int plane) => plane == 0 ? Outer * Length * Inner : IndexFloats;

    public override float[] MakeInput()
    {
        float[] input = base.MakeInput();
        Random random = ParameterRandom();
        Span<float> indices = input.AsSpan(Inputs.Length, IndexFloats);
        for (int i = 0; i < Outputs.Elements; i++)
        {
            int index = random.Next(-Length, Length);
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
            long index = HasLongIndices ? MemoryMarshal.Cast<float, long>(indices)[i] : MemoryMarshal.Cast<float, int>(indices)[i];
            int position = (int)(index < 0 ? index + Length : index), outer = i / (Count * Inner), inner = i % Inner;
            values[i] = input[(((outer * Length) + position) * Inner) + inner];
        }

        return new Expectation(values, new double[values.Length]) { IsBitwise = true };
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Outer, 1).Select(outer => this with { Outer = outer })
            .Concat(Shrinking.Towards(Length, 1).Select(length => this with { Length = length }))
            .Concat(Shrinking.Towards(Inner, 1).Select(inner => this with { Inner = inner }))
            .Concat(Shrinking.Towards(Count, 1).Select(count => this with { Count = count }));

    protected override LookupProblem MakeProblem() => new(
        sizeof(float),
        HasLongIndices,
        [new(Outer, Length * Inner, Count * Inner), new(Count, 0, Inner), new(Inner, 1, 1)],
        Length,
        Inner);
}
