using DwEngine.Kernels;
using DwEngine.Kernels.Planewise;
using DwEngine.Kernels.Reference;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>Planes copied.</summary>
internal sealed record CopyCase(int Planes, int Length) : KernelCase<CopyProblem>
{
    public override PlaneSet Inputs => new(Planes, Length);

    public override PlaneSet Outputs => new(Planes, Length);

    public override Expectation Expect(ReadOnlySpan<float> input) => new(input.ToArray(), new double[input.Length]);

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Planes, 1).Select(planes => this with { Planes = planes })
            .Concat(Shrinking.Towards(Length, 1).Select(length => this with { Length = length }));

    protected override CopyProblem MakeProblem() => new(Planes, Length);
}

/// <summary>Each channel times a scale plus a shift.</summary>
internal sealed record ScaleShiftCase(int Batch, int Channels, int Length, bool HasScale, bool HasShift, Clamp Clamp) : KernelCase<ScaleShiftProblem>
{
    public override PlaneSet Inputs => new(Batch * Channels, Length);

    public override PlaneSet Outputs => new(Batch * Channels, Length);

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        ScaleShiftProblem problem = MakeProblem();
        float[] values = new float[input.Length], magnitudes = new float[input.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int channel = i / Length % Channels;
            double scale = problem.Scale?[channel] ?? 1, shift = problem.Shift?[channel] ?? 0;
            values[i] = ClampReference.Apply((float)((input[i] * scale) + shift), Clamp);
            magnitudes[i] = (float)(Math.Abs(input[i] * scale) + Math.Abs(shift));
        }

        return new Expectation(values, HasScale || HasShift ? SumTolerances(magnitudes, 2) : new double[values.Length]);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Batch, 1).Select(batch => this with { Batch = batch })
            .Concat(Shrinking.Towards(Channels, 1).Select(channels => this with { Channels = channels }))
            .Concat(Shrinking.Towards(Length, 1).Select(length => this with { Length = length }));

    protected override ScaleShiftProblem MakeProblem()
    {
        Random random = ParameterRandom();
        return new ScaleShiftProblem(
            Batch, Channels, Length, HasScale ? Values(random, Channels) : null, HasShift ? Values(random, Channels) : null, Clamp);
    }
}
