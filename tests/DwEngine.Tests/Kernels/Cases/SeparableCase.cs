using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>
/// A depthwise convolution with a 1x1 convolution after it, and one with a stride or a 1x1 before it; each of these may be missing.
/// </summary>
internal sealed record SeparableCase(ConvolutionCase? Expansion, ConvolutionCase Depthwise, ConvolutionCase? Projection)
    : KernelCase<SeparableProblem>
{
    /// <summary>The convolutions that there are, in order.</summary>
    public IEnumerable<ConvolutionCase> Stages => new[] { Expansion, Depthwise, Projection }.OfType<ConvolutionCase>();

    /// <summary>What the first convolution reads.</summary>
    public PlaneSet Sources => Stages.First().Sources;

    public override PlaneSet Inputs => HasResidual
        ? new(Sources.Count + Outputs.Count, Math.Max(Sources.Length, Outputs.Length))
        : Sources;

    public override PlaneSet Outputs => Stages.Last().Outputs;

    public override long MultiplyAdds => Stages.Sum(stage => stage.MultiplyAdds);

    private bool HasResidual => Projection is { HasResidual: true };

    public override int ReadableLength(int plane) => plane < Sources.Count ? Sources.Length : Outputs.Length;

    /// <summary>A random case: channels and sides for several blocks of rows and for tails.</summary>
    public static SeparableCase Random(Random random)
    {
        int batch = random.Next(1, 3), inputs = random.Next(1, 12), channels = random.Next(2, 20), outputs = random.Next(1, 12);
        int height = random.Next(1, 40), width = random.Next(1, 40), workers = random.Next(1, 5), parts = random.Next(1, 4);
        Window window = Window.Square(3, random.Next(1, 3), 1);
        // The first convolutions of networks are narrow and have a stride.
        bool isFirst = random.Next(3) == 0;
        var expansion = new ConvolutionGeometry(
            isFirst ? Math.Min(inputs, 4) : inputs, channels, 1, height, width, isFirst ? FirstWindow(random) : Window.Square(1));
        ConvolutionGeometry depthwise = (parts & 1) == 0
            ? new ConvolutionGeometry(channels, channels, channels, height, width, window)
            : new ConvolutionGeometry(channels, channels, channels, expansion.OutputHeight, expansion.OutputWidth, window);
        return new SeparableCase(
            (parts & 1) == 0 ? null : Stage(expansion),
            Stage(depthwise) with { Workers = workers },
            (parts & 2) == 0 ? null : Stage(
                new ConvolutionGeometry(channels, outputs, 1, depthwise.OutputHeight, depthwise.OutputWidth, Window.Square(1)))
                with
            { HasResidual = random.Next(2) == 0 })
        { Seed = random.Next() };

        ConvolutionCase Stage(ConvolutionGeometry geometry) =>
            new(batch, geometry, random.Next(3) > 0, Flavours.AnyActivation(random)) { Seed = random.Next() };
    }

    // Each sees at least one pixel of any plane.
    private static Window FirstWindow(Random random) => random.Next(4) switch
    {
        0 => Window.Square(5, 2, 2),
        1 => new Window(3, 2, 2, 1, 1, 1, 1, 1, 1, 1),
        2 => Window.Square(1, 2),
        _ => Window.Square(3, 2, 1),
    };

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = Read(input, 0, Sources), residual = HasResidual ? Read(input, Sources.Count, Outputs) : [];
        double[] tolerances = new double[values.Length];
        Expectation expected = new(values, tolerances);
        foreach (ConvolutionCase stage in Stages)
        {
            expected = stage.Expect(stage.HasResidual ? Join(stage, expected.Values, residual) : expected.Values, expected.Tolerances);
        }

        return expected;
    }

    /// <summary>The input of a stage that has a residual: its sources and the residual, as planes of one length.</summary>
    public static float[] Join(ConvolutionCase stage, float[] sources, float[] residual)
    {
        float[] joined = new float[stage.Inputs.Elements];
        for (int plane = 0; plane < stage.Inputs.Count; plane++)
        {
            bool isSource = plane < stage.Sources.Count;
            (float[] from, int index, int length) = isSource
                ? (sources, plane, stage.Sources.Length)
                : (residual, plane - stage.Sources.Count, stage.Outputs.Length);
            from.AsSpan(index * length, length).CopyTo(joined.AsSpan(plane * stage.Inputs.Length));
        }

        return joined;
    }

    public override IEnumerable<KernelCase> Shrink()
    {
        if (Expansion is not null && Projection is not null)
        {
            yield return this with { Expansion = null };
            yield return this with { Projection = null };
        }

        if (HasResidual)
        {
            yield return this with { Projection = Projection! with { HasResidual = false } };
        }

        if (Depthwise.Workers > 1)
        {
            yield return this with { Depthwise = Depthwise with { Workers = 1 } };
        }

        ConvolutionGeometry first = Stages.First().Geometry;
        foreach (int height in Shrinking.Towards(first.InputHeight, 1))
        {
            yield return Sized(height, first.InputWidth);
        }

        foreach (int width in Shrinking.Towards(first.InputWidth, 1))
        {
            yield return Sized(first.InputHeight, width);
        }
    }

    protected override SeparableProblem MakeProblem() =>
        new(Expansion?.NewProblem(), Depthwise.NewProblem(), Projection?.NewProblem());

    // Each convolution sees what the one before it gives.
    private SeparableCase Sized(int height, int width)
    {
        ConvolutionCase? expansion = Of(Expansion), depthwise = Of(Depthwise), projection = Of(Projection);
        return this with { Expansion = expansion, Depthwise = depthwise!, Projection = projection };

        ConvolutionCase? Of(ConvolutionCase? stage)
        {
            if (stage is null)
            {
                return null;
            }

            ConvolutionGeometry geometry = stage.Geometry with { InputHeight = height, InputWidth = width };
            (height, width) = (geometry.OutputHeight, geometry.OutputWidth);
            return stage with { Geometry = geometry };
        }
    }
}
