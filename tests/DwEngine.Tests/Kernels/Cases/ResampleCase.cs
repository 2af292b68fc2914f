using DwEngine.Kernels.Reference;
using DwEngine.Kernels.Resampling;
using DwEngine.Tensors;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>Planes of which rows and columns are weighted sums of others.</summary>
/// <param name="Planes">Planes.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Columns">The columns.</param>
internal sealed record ResampleCase(int Planes, ResampledAxis Rows, ResampledAxis Columns) : KernelCase<ResampleProblem>
{
    private const float Outside = 2.5f;

    public override PlaneSet Inputs => new(Planes, Rows.Length * Columns.Length);

    public override PlaneSet Outputs => new(Planes, Rows.Outputs * Columns.Outputs);

    /// <summary>Random sums, and axes that stay as they are.</summary>
    public static ResampleCase Random(Random random) =>
        new(random.Next(1, 5), Axis(random), Axis(random)) { Seed = random.Next() };

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        var shape = new Shape(Planes, Rows.Length, Columns.Length);
        ResampledAxis planes = ResampledAxis.Identity(Planes);
        Tensor values = ResampleReference.Run(Tensor.FromFloats(shape, input), [planes, Rows, Columns], Outside);
        Tensor magnitudes = ResampleReference.Run(
            Tensor.FromFloats(shape, Absolute(input)), [planes, Positive(Rows), Positive(Columns)], Outside);
        return new Expectation(values.Floats.ToArray(), SumTolerances(magnitudes.Floats, Rows.Taps * Columns.Taps));
    }

    public override IEnumerable<KernelCase> Shrink()
    {
        if (Planes > 1)
        {
            yield return this with { Planes = 1 };
        }

        if (!Rows.IsIdentity)
        {
            yield return this with { Rows = ResampledAxis.Identity(Rows.Length) };
        }

        if (!Columns.IsIdentity)
        {
            yield return this with { Columns = ResampledAxis.Identity(Columns.Length) };
        }
    }

    protected override ResampleProblem MakeProblem() => new(Planes, Rows, Columns, Outside);

    private static ResampledAxis Positive(ResampledAxis axis) => axis with { Weights = Absolute(axis.Weights) };

    private static ResampledAxis Axis(Random random)
    {
        int length = random.Next(1, 40), outputs = random.Next(1, 90), taps = random.Next(1, 6);
        return random.Next(4) == 0
            ? ResampledAxis.Identity(length)
            : new ResampledAxis(
                length,
                taps,
                [.. Enumerable.Range(0, outputs * taps).Select(_ => random.Next(length))],
                Values(random, outputs * taps),
                [.. Enumerable.Range(0, outputs).Select(_ => random.Next(8) == 0)]);
    }
}
