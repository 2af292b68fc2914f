using DwEngine.Kernels;
using DwEngine.Kernels.Planewise;
using DwEngine.Kernels.Reference;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>Planes copied.</summary>
internal sealed record CopyCase(int Planes, int Length) : KernelCase<CopyProblem>
{
    public override PlaneSet Inputs => new(Planes, Length);

    public override PlaneSet Outputs => new(Planes, Length);

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        for (int plane = 0; plane < Planes; plane++)
        {
            for (int i = 0; i < Length; i++)
            {
                values[(plane * Length) + i] = input[(plane * Length) + i];
            }
        }

        return new Expectation(values, new double[values.Length]);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Planes, 1).Select(planes => this with { Planes = planes })
            .Concat(Shrinking.Towards(Length, 1).Select(length => this with { Length = length }));

    protected override CopyProblem MakeProblem() => new(Planes, Length);
}

/// <summary>Each channel times a scale plus a shift.</summary>
internal sealed record ScaleShiftCase(int Batch, int Channels, int Length, bool HasScale, bool HasShift, Clamp Clamp)
    : KernelCase<ScaleShiftProblem>
{
    public override PlaneSet Inputs => new(Batch * Channels, Length);

    public override PlaneSet Outputs => new(Batch * Channels, Length);

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        // A batch norm of mean 0 and variance 1.
        (float[]? scale, float[]? shift) = Parameters();
        float[] zeros = new float[Channels], ones = new float[Channels];
        Array.Fill(ones, 1);
        float[] values = new float[Outputs.Elements], magnitudes = new float[Outputs.Elements];
        BatchNormReference.Run(Batch, Channels, Length, input, scale ?? ones, shift ?? zeros, zeros, ones, 0, values);
        BatchNormReference.Run(
            Batch, Channels, Length, Absolute(input), Absolute(scale ?? ones), Absolute(shift ?? zeros), zeros, ones, 0, magnitudes);
        ActivationReference.Run(values, Clamp);
        return new Expectation(values, HasScale || HasShift ? SumTolerances(magnitudes, 2) : new double[values.Length]);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Batch, 1).Select(batch => this with { Batch = batch })
            .Concat(Shrinking.Towards(Channels, 1).Select(channels => this with { Channels = channels }))
            .Concat(Shrinking.Towards(Length, 1).Select(length => this with { Length = length }));

    protected override ScaleShiftProblem MakeProblem()
    {
        (float[]? scale, float[]? shift) = Parameters();
        return new ScaleShiftProblem(Batch, Channels, Length, scale, shift, Clamp);
    }

    private (float[]? Scale, float[]? Shift) Parameters()
    {
        Random random = ParameterRandom();
        return (HasScale ? Values(random, Channels) : null, HasShift ? Values(random, Channels) : null);
    }
}
