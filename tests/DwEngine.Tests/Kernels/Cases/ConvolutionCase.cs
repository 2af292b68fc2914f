using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>A convolution.</summary>
internal sealed record ConvolutionCase(int Batch, ConvolutionGeometry Geometry, bool HasBias, Activation Activation)
    : KernelCase<ConvolutionProblem>
{
    /// <summary>Whether planes like the outputs follow the inputs and are added to the sums.</summary>
    public bool HasResidual { get; init; }

    /// <summary>How many workers the tasks are cut for.</summary>
    public int Workers { get; init; } = 1;

    public override PlaneSet Inputs => HasResidual
        ? new(Sources.Count + Outputs.Count, Math.Max(Sources.Length, Outputs.Length))
        : Sources;

    /// <summary>What is convolved.</summary>
    public PlaneSet Sources => new(Batch * Geometry.InputChannels, Geometry.InputHeight * Geometry.InputWidth);

    public override PlaneSet Outputs => new(Batch * Geometry.OutputChannels, Geometry.OutputHeight * Geometry.OutputWidth);

    public override long MultiplyAdds => Batch * Geometry.MultiplyAdds;

    /// <summary>Whether the window fits and every channel count is positive.</summary>
    public bool IsValid => Geometry is { OutputHeight: > 0, OutputWidth: > 0, GroupInputChannels: > 0, GroupOutputChannels: > 0 };

    public override int ReadableLength(int plane) => plane < Sources.Count ? Sources.Length : Outputs.Length;

    public override Expectation Expect(ReadOnlySpan<float> input) => Expect(input, null, null);

    /// <summary>The same for sources that are themselves off by rounding.</summary>
    public Expectation Expect(ReadOnlySpan<float> input, double[] sourceTolerances) =>
        Expect(input, null, sourceTolerances);

    public override Expectation ExpectOf(KernelRow row, ReadOnlySpan<float> input) => Expect(input, WinogradBounds.Of(row), null);

    private Expectation Expect(ReadOnlySpan<float> input, WinogradBounds? winograd, double[]? sourceTolerances)
    {
        ConvolutionProblem problem = MakeProblem();
        ReadOnlySpan<float> bias = problem.Bias is null ? default : problem.Bias.Floats;
        float[] sources = Read(input, 0, Sources), values = new float[Outputs.Elements], magnitudes = new float[Outputs.Elements];
        ConvolutionReference.Run(Geometry, Batch, sources, problem.Weights.Floats, bias, values);
        bool[]? isTouched = null;
        if (winograd is null)
        {
            ConvolutionReference.Run(Geometry, Batch, Absolute(sources), Absolute(problem.Weights.Floats), Absolute(bias), magnitudes);
        }
        else
        {
            isTouched = winograd.Magnitudes(Geometry, Batch, sources, problem.Weights.Floats, bias, magnitudes);
        }

        if (HasResidual)
        {
            float[] residual = Read(input, Sources.Count, Outputs);
            for (int i = 0; i < values.Length; i++)
            {
                values[i] += residual[i];
                magnitudes[i] += Math.Abs(residual[i]);
            }
        }

        int terms = winograd is null ? Geometry.GroupInputChannels * Geometry.Window.Taps : winograd.Roundings(Geometry);
        double[] tolerances = SumTolerances(magnitudes, terms + (HasResidual ? 1 : 0));
        if (sourceTolerances is not null)
        {
            // A source that is infinite or NaN is exact, and so is what it makes of a sum.
            float[] inherited = new float[Outputs.Elements];
            float[] spread = [.. sourceTolerances.Select(tolerance => (float)tolerance)];
            ConvolutionReference.Run(Geometry, Batch, spread, Absolute(problem.Weights.Floats), [], inherited);
            for (int i = 0; i < tolerances.Length; i++)
            {
                tolerances[i] += float.IsFinite(magnitudes[i]) ? inherited[i] * (1 + 1e-4) : 0;
            }
        }

        // What lies in a tile with a NaN or an infinity but does not see it is a number like others if it is one at all.
        return EpilogueBounds.Apply(Activation, values, tolerances) with { MayBeNaN = isTouched };
    }

    /// <summary>The problem, with weights of its own.</summary>
    public ConvolutionProblem NewProblem() => MakeProblem();

    protected override ConvolutionProblem MakeProblem()
    {
        Random random = ParameterRandom();
        Window window = Geometry.Window;
        var shape = new Shape(Geometry.OutputChannels, Geometry.GroupInputChannels, window.KernelHeight, window.KernelWidth);
        Tensor weights = Tensor.FromFloats(shape, Values(random, (int)shape.ElementCount));
        Tensor? bias = HasBias ? Tensor.FromFloats(new Shape(Geometry.OutputChannels), Values(random, Geometry.OutputChannels)) : null;
        return new ConvolutionProblem(new object(), Batch, Geometry, weights, bias, Activation, HasResidual, Workers);
    }

    public override IEnumerable<KernelCase> Shrink()
    {
        foreach (ConvolutionCase simpler in Simpler())
        {
            if (simpler.IsValid && simpler != this)
            {
                yield return simpler;
            }
        }
    }

    private IEnumerable<ConvolutionCase> Simpler()
    {
        yield return this with { Batch = 1 };
        yield return this with { HasBias = false };
        yield return this with { Activation = Activation.None };
        yield return this with { HasResidual = false };
        yield return this with { Workers = 1 };
        foreach (int groups in Shrinking.Towards(Geometry.Groups, 1))
        {
            yield return this with
            {
                Geometry = Geometry with
                {
                    Groups = groups,
                    InputChannels = groups * Geometry.GroupInputChannels,
                    OutputChannels = groups * Geometry.GroupOutputChannels,
                },
            };
        }

        foreach (int channels in Shrinking.Towards(Geometry.GroupInputChannels, 1))
        {
            yield return this with { Geometry = Geometry with { InputChannels = Geometry.Groups * channels } };
        }

        foreach (int channels in Shrinking.Towards(Geometry.GroupOutputChannels, 1))
        {
            yield return this with { Geometry = Geometry with { OutputChannels = Geometry.Groups * channels } };
        }

        foreach (int height in Shrinking.Towards(Geometry.InputHeight, 1))
        {
            yield return this with { Geometry = Geometry with { InputHeight = height } };
        }

        foreach (int width in Shrinking.Towards(Geometry.InputWidth, 1))
        {
            yield return this with { Geometry = Geometry with { InputWidth = width } };
        }

        foreach (Window window in Shrinking.Simpler(Geometry.Window))
        {
            yield return this with { Geometry = Geometry with { Window = window } };
        }
    }
}
