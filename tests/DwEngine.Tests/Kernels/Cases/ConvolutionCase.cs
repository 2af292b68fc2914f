using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>A convolution.</summary>
internal sealed record ConvolutionCase(int Batch, ConvolutionGeometry Geometry, bool HasBias, Clamp Clamp) : KernelCase<ConvolutionProblem>
{
    public override PlaneSet Inputs => new(Batch * Geometry.InputChannels, Geometry.InputHeight * Geometry.InputWidth);

    public override PlaneSet Outputs => new(Batch * Geometry.OutputChannels, Geometry.OutputHeight * Geometry.OutputWidth);

    public override long MultiplyAdds => Batch * Geometry.MultiplyAdds;

    /// <summary>Whether the window fits and every channel count is positive.</summary>
    public bool IsValid => Geometry is { OutputHeight: > 0, OutputWidth: > 0, GroupInputChannels: > 0, GroupOutputChannels: > 0 };

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        ConvolutionProblem problem = MakeProblem();
        ReadOnlySpan<float> bias = problem.Bias is null ? default : problem.Bias.Floats;
        float[] values = new float[Outputs.Elements], magnitudes = new float[Outputs.Elements];
        ConvolutionReference.Run(Geometry, Batch, input, problem.Weights.Floats, bias, Clamp, values);
        ConvolutionReference.Run(Geometry, Batch, Absolute(input), Absolute(problem.Weights.Floats), Absolute(bias), Clamp.None, magnitudes);
        return new Expectation(values, SumTolerances(magnitudes, Geometry.GroupInputChannels * Geometry.Window.Taps));
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
        return new ConvolutionProblem(new object(), Batch, Geometry, weights, bias, Clamp);
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
        yield return this with { Clamp = Clamp.None };
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
