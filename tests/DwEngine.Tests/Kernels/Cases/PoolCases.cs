using System.Runtime.InteropServices;
using DwEngine.Kernels;
using DwEngine.Kernels.Pooling;
using DwEngine.Kernels.Reference;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>Pooling by a window of which every position sees a pixel.</summary>
internal abstract record PoolCase<TProblem>(int Planes, int Height, int Width, Window Window) : KernelCase<TProblem>
{
    public override PlaneSet Inputs => new(Planes, Height * Width);

    public override PlaneSet Outputs => new(Planes, Window.OutputHeight(Height) * Window.OutputWidth(Width));

    public override IEnumerable<KernelCase> Shrink()
    {
        foreach (int planes in Shrinking.Towards(Planes, 1))
        {
            yield return this with { Planes = planes };
        }

        foreach (PoolCase<TProblem> simpler in Shrinking.Towards(Height, 1).Select(height => this with { Height = height })
            .Concat(Shrinking.Towards(Width, 1).Select(width => this with { Width = width }))
            .Concat(Shrinking.Simpler(Window).Select(window => this with { Window = window })))
        {
            if (PoolWindows.SeesPixels(simpler.Window, simpler.Height, simpler.Width))
            {
                yield return simpler;
            }
        }
    }
}

/// <summary>Max pooling.</summary>
internal sealed record MaxPoolCase(int Planes, int Height, int Width, Window Window)
    : PoolCase<MaxPoolProblem>(Planes, Height, Width, Window)
{
    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        MaxPoolReference.Run(Window, Planes, Height, Width, input, values);
        return new Expectation(values, new double[values.Length]);
    }

    protected override MaxPoolProblem MakeProblem() => new(Planes, Height, Width, Window);
}

/// <summary>Where max pooling finds its values; each number takes the place of two floats.</summary>
internal sealed record MaxPoolIndicesCase(int Planes, int Height, int Width, Window Window, bool ColumnMajor)
    : PoolCase<MaxPoolIndicesProblem>(Planes, Height, Width, Window)
{
    public override PlaneSet Outputs => base.Outputs with { Length = 2 * base.Outputs.Length };

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        long[] indices = MaxPoolIndicesReference.Run(Window, ColumnMajor, Planes, Height, Width, input);
        return new Expectation(MemoryMarshal.Cast<long, float>(indices).ToArray(), new double[2 * indices.Length]);
    }

    // Numbers of which many are equal.
    public override float[] MakeInput() => Array.ConvertAll(base.MakeInput(), MathF.Round);

    protected override MaxPoolIndicesProblem MakeProblem() => new(new MaxPoolProblem(Planes, Height, Width, Window), ColumnMajor);
}

/// <summary>Average pooling.</summary>
internal sealed record AveragePoolCase(int Planes, int Height, int Width, Window Window, bool CountIncludePad)
    : PoolCase<AveragePoolProblem>(Planes, Height, Width, Window)
{
    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements], magnitudes = new float[Outputs.Elements];
        AveragePoolReference.Run(Window, Counted, Planes, Height, Width, input, values);
        AveragePoolReference.Run(Window, Counted, Planes, Height, Width, Absolute(input), magnitudes);
        return new Expectation(values, SumTolerances(magnitudes, Window.Taps));
    }

    protected override AveragePoolProblem MakeProblem() => new(Planes, Height, Width, Window, Counted);

    private CountedPadding Counted =>
        CountIncludePad ? new(Window.PadTop, Window.PadLeft, Window.PadBottom, Window.PadRight) : CountedPadding.None;
}

/// <summary>Global average pooling.</summary>
internal sealed record GlobalAveragePoolCase(int Planes, int Pixels) : KernelCase<GlobalAveragePoolProblem>
{
    public override PlaneSet Inputs => new(Planes, Pixels);

    public override PlaneSet Outputs => new(Planes, 1);

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Planes], magnitudes = new float[Planes];
        GlobalAveragePoolReference.Run(Planes, Pixels, input, values);
        GlobalAveragePoolReference.Run(Planes, Pixels, Absolute(input), magnitudes);
        return new Expectation(values, SumTolerances(magnitudes, Pixels));
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Planes, 1).Select(planes => this with { Planes = planes })
            .Concat(Shrinking.Towards(Pixels, 1).Select(pixels => this with { Pixels = pixels }));

    protected override GlobalAveragePoolProblem MakeProblem() => new(Planes, Pixels);
}

/// <summary>Which windows pooling layers accept.</summary>
internal static class PoolWindows
{
    /// <summary>Whether each position of the window sees a pixel, found by trying all.</summary>
    public static bool SeesPixels(Window window, int height, int width) =>
        SeesPixels(window.OutputHeight(height), window.StrideY, window.PadTop, window.KernelHeight, window.DilationY, height)
        && SeesPixels(window.OutputWidth(width), window.StrideX, window.PadLeft, window.KernelWidth, window.DilationX, width);

    private static bool SeesPixels(int outputs, int stride, int padding, int kernel, int dilation, int length) =>
        outputs > 0 && Enumerable.Range(0, outputs).All(o =>
            Enumerable.Range(0, kernel).Any(k => (o * stride) - padding + (k * dilation) is int x && x >= 0 && x < length));
}
