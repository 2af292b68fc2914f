using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;
using DwEngine.Kernels.Reference;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>A convolution whose results are pooled by a window that fits.</summary>
internal sealed record ConvolutionMaxPoolCase(ConvolutionCase Convolution, Window Pool) : KernelCase<ConvolutionMaxPoolProblem>
{
    public override PlaneSet Inputs => Convolution.Inputs;

    public override PlaneSet Outputs => new(
        Convolution.Outputs.Count,
        Pool.OutputHeight(Convolution.Geometry.OutputHeight) * Pool.OutputWidth(Convolution.Geometry.OutputWidth));

    // Rows that no window sees need not be computed.
    public override long MultiplyAdds
    {
        get
        {
            int rows = Convolution.Geometry.OutputHeight, seen = (2 * Pool.OutputHeight(rows)) + 1 - Pool.PadTop;
            return Convolution.MultiplyAdds / rows * Math.Min(seen, rows);
        }
    }

    // A result is one of those under its window or, by rounding, another that is as near as that one's tolerance.
    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        Expectation convolved = Convolution.Expect(input);
        float[] tolerances = PoolAll([.. convolved.Tolerances.Select(tolerance => (float)tolerance)]);
        return new Expectation(PoolAll(convolved.Values), [.. tolerances.Select(tolerance => tolerance * (1 + 1e-6))]);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Convolution.Shrink().Cast<ConvolutionCase>()
            .Where(simpler => Pool.OutputHeight(simpler.Geometry.OutputHeight) > 0 && Pool.OutputWidth(simpler.Geometry.OutputWidth) > 0)
            .Select(simpler => new ConvolutionMaxPoolCase(simpler, Pool) { Seed = Seed, HasSpecialNumbers = HasSpecialNumbers });

    protected override ConvolutionMaxPoolProblem MakeProblem() => new(Convolution.NewProblem(), Pool);

    private float[] PoolAll(float[] values)
    {
        float[] pooled = new float[Outputs.Elements];
        MaxPoolReference.Run(Pool, Outputs.Count, Convolution.Geometry.OutputHeight, Convolution.Geometry.OutputWidth, values, pooled);
        return pooled;
    }
}
