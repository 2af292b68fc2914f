using System.Runtime.InteropServices;
using DwEngine.Kernels.Reference;
using DwEngine.Kernels.Selection;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>
/// Boxes of which those that overlap better ones go. The first plane has the boxes, the second the scores; rows are six floats.
/// </summary>
internal sealed record NonMaxSuppressionCase(
    int Batches, int Classes, int Boxes, int Most, bool IsCentered, float Overlap, float? MinimumScore)
    : KernelCase<NonMaxSuppressionProblem>
{
    private int Rows => Math.Max(1, Batches * Classes * Math.Min(Most, Boxes));

    public override PlaneSet Inputs => new(2, Batches * Boxes * Math.Max(4, Classes));

    public override PlaneSet Outputs => new(1, Rows * 6);

    public override bool HasPlaces => true;

    /// <summary>A random case.</summary>
    public static NonMaxSuppressionCase Random(Random random) => new(
        random.Next(1, 4), random.Next(1, 7), random.Next(8) == 0 ? 200 : random.Next(1, 30), random.Next(0, 12), random.Next(2) == 0,
        random.Next(5) / 4f, random.Next(2) == 0 ? null : random.Next(4) / 4f)
    {
        Seed = random.Next(),
    };

    public override int ReadableLength(int plane) => Batches * Boxes * (plane == 0 ? 4 : Classes);

    // Corners and scores of a few values each: boxes without area, boxes that touch, and equal scores are among them.
    public override float[] MakeInput()
    {
        Random random = ParameterRandom();
        float[] input = new float[Inputs.Elements];
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = i < Inputs.Length ? random.Next(9) : random.Next(12) == 0 ? float.NaN : random.Next(9) / 8f;
        }

        return input;
    }

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        long[] rows = NonMaxSuppressionReference.Run(
            MakeProblem(), input[..ReadableLength(0)].ToArray(), input.Slice(Inputs.Length, ReadableLength(1)).ToArray());
        rows.CopyTo(MemoryMarshal.Cast<float, long>(values.AsSpan()));
        return new Expectation(values, new double[values.Length]) { IsBitwise = true };
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Batches, 1).Select(batches => this with { Batches = batches })
            .Concat(Shrinking.Towards(Classes, 1).Select(classes => this with { Classes = classes }))
            .Concat(Shrinking.Towards(Boxes, 1).Select(boxes => this with { Boxes = boxes }));

    protected override NonMaxSuppressionProblem MakeProblem() =>
        new(Batches, Classes, Boxes, Math.Min(Most, Boxes), Rows, IsCentered, Overlap, MinimumScore);
}
