using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;
using DwEngine.Kernels.Reference;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>A convolution whose results are pooled.</summary>
internal sealed record ConvolutionMaxPoolCase(ConvolutionCase Convolution) : KernelCase<ConvolutionMaxPoolProblem>
{
    private static readonly Window s_pool = ConvolutionMaxPoolProblem.Pool;

    public override PlaneSet Inputs => Convolution.Inputs;

    public override PlaneSet Outputs => new(
        Convolution.Outputs.Count,
        s_pool.OutputHeight(Convolution.Geometry.OutputHeight) * s_pool.OutputWidth(Convolution.Geometry.OutputWidth));

    public override long MultiplyAdds => Convolution.MultiplyAdds;

    // A result is one of those under its window or, by rounding, another that is as near as that one's tolerance.
    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        Expectation convolved = Convolution.Expect(input);
        float[] tolerances = Pool([.. convolved.Tolerances.Select(tolerance => (float)tolerance)]);
        return new Expectation(Pool(convolved.Values), [.. tolerances.Select(tolerance => tolerance * (1 + 1e-6))]);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Convolution.Shrink().Cast<ConvolutionCase>().Select(
            simpler => new ConvolutionMaxPoolCase(simpler) { Seed = Seed, HasSpecialNumbers = HasSpecialNumbers });

    protected override ConvolutionMaxPoolProblem MakeProblem() => new(Convolution.NewProblem());

    private float[] Pool(float[] values)
    {
        float[] pooled = new float[Outputs.Elements];
        MaxPoolReference.Run(s_pool, Outputs.Count, Convolution.Geometry.OutputHeight, Convolution.Geometry.OutputWidth, values, pooled);
        return pooled;
    }
}
