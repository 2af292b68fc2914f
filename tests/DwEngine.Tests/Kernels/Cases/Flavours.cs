using DwEngine.Kernels;
using DwEngine.Kernels.Elementwise;
using DwEngine.Kernels.Elementwise.Operators;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>
/// Kinds of cases, so that every row of the kernel table gets problems that it accepts: a row that accepts none of them needs a new
/// flavour here.
/// </summary>
internal static class Flavours
{
    // Keeps the naive reference within about a millisecond.
    private const long MostMultiplyAdds = 400_000;

    /// <summary>All flavours: from random numbers to a case.</summary>
    public static IReadOnlyList<Func<Random, KernelCase>> All { get; } =
    [
        random => Convolution(random, Window.Square(1), 1, Channels(random), Channels(random), Side(random), Side(random)),
        random => Convolution(random, Window.Square(1), 1, Channels(random), Channels(random), 7, 7),
        random => Convolution(
            random, Window.Square(1), 1, NetworkChannels(random), NetworkChannels(random), random.Next(1, 9), random.Next(1, 9)),
        random => Convolution(
            random, Window.Square(1), random.Next(2, 5), random.Next(1, 9), random.Next(1, 9), Side(random), Side(random)),
        random => Convolution(random, AnyWindow(random, 1, 1), 1, Channels(random), Channels(random), Side(random), Side(random)),
        random => Depthwise(random, Window.Square(3, stride: 1, padding: 1), Side(random), Side(random)),
        random => Depthwise(random, Window.Square(3, stride: 2, padding: 1), Side(random), Side(random)),
        random => Depthwise(random, Window.Square(5, random.Next(1, 3), 2), Side(random), Side(random)),
        random => Depthwise(random, UnevenlyPadded(random), Side(random), Side(random)),
        random => Depthwise(random, AnyWindow(random), Side(random), Side(random)),
        random => Convolution(
            random, Window.Square(3, random.Next(1, 3), 1), random.Next(1, 4), 1, 1, random.Next(1, 80), random.Next(1, 140)),
        random => Convolution(random, AnyWindow(random), random.Next(1, 12), 1, random.Next(2, 5), Side(random), Side(random)),
        random => Convolution(
            random, Window.Square(3, stride: 2, padding: 1), 1, 3, random.Next(1, 25), 2 * random.Next(1, 18), 2 * random.Next(1, 18)),
        random => Convolution(
            random, Window.Square(3, stride: random.Next(1, 3), padding: 1), 1, 3, random.Next(1, 25), Side(random), Side(random)),
        random => Convolution(
            random, Window.Square(3, random.Next(1, 3), 1), 1, Channels(random), Channels(random), Side(random), Side(random)),
        random => Convolution(
            random, AnyWindow(random), random.Next(1, 5), random.Next(1, 9), random.Next(1, 9), Side(random), Side(random)),
        // Winograd's forms, with tiles that reach beyond the image; then more than one strip of their tiles.
        random => Winograd(random, 16, random.Next(11, 15), random.Next(11, 15)),
        random => Winograd(random, 24, random.Next(5, 11), random.Next(5, 11)),
        random => Winograd(random, 24, random.Next(3, 6), random.Next(38, 80)),
        random => new ConvolutionCase(
            1, new ConvolutionGeometry(48, 16, 1, random.Next(30, 40), random.Next(50, 64), AnyPadding(random)), true,
            AnyActivation(random))
            { Seed = random.Next(), Workers = random.Next(1, 4) },
        // More than one block of rows of the general convolution.
        random => Convolution(random, Window.Square(3, padding: 1), 1, random.Next(14, 18), 1, random.Next(56, 64), random.Next(56, 64)),
        random => Pooled(random, Convolution(
            random, Window.Square(3, stride: random.Next(1, 3), padding: 1), 1, random.Next(1, 4), random.Next(1, 25), random.Next(1, 70),
            random.Next(1, 70))),
        random => Pooled(random, Convolution(
            random, AnyWindow(random), random.Next(1, 4), random.Next(1, 4), random.Next(1, 9), Side(random), Side(random))),
        SeparableCase.Random,
        random => new MaxPoolCase(random.Next(1, 6), Side(random) + 2, Side(random) + 2, BarelyPadded(random)) { Seed = random.Next() },
        random => new MaxPoolCase(random.Next(1, 4), random.Next(3, 80), 2 * random.Next(2, 80), BarelyPadded(random))
            { Seed = random.Next() },
        random => new MaxPoolCase(
            random.Next(1, 6), random.Next(1, 4), random.Next(1, 4), Window.Square(3, stride: 2, padding: 1)) { Seed = random.Next() },
        random => Pool(random, (planes, height, width, window) => new MaxPoolCase(planes, height, width, window) { Seed = random.Next() }),
        random => Pool(random, (planes, height, width, window) =>
            new MaxPoolIndicesCase(planes, height, width, window, random.Next(2) == 0) { Seed = random.Next() }),
        random => Pool(random, (planes, height, width, window) =>
            new AveragePoolCase(planes, height, width, window, random.Next(2) == 0) { Seed = random.Next() }),
        random => new AveragePoolCase(
            random.Next(1, 4), random.Next(20, 80), random.Next(80, 160), Window.Square(3, random.Next(1, 3), 1), random.Next(2) == 0)
            { Seed = random.Next() },
        random => new GlobalAveragePoolCase(
            Channels(random), random.Next(3) == 0 ? 49 : Side(random) * Side(random)) { Seed = random.Next() },
        random => new FullyConnectedCase(
            random.Next(1, 4), Channels(random), random.Next(1, 200), random.Next(2) == 0, AnyActivation(random))
            { Seed = random.Next() },
        random => new FullyConnectedCase(
            random.Next(1, 3), random.Next(1, 1100), random.Next(1, 40), random.Next(2) == 0, AnyActivation(random))
            { Seed = random.Next() },
        random => new FullyConnectedCase(
            random.Next(1, 4), Channels(random), random.Next(1, 70), random.Next(2) == 0, AnyClamp(random), IsTransposed: true)
            { Seed = random.Next() },
        random => new FullyConnectedCase(
            random.Next(1, 4), Channels(random), random.Next(1, 200), random.Next(2) == 0, AnyActivation(random), random.Next(4) == 0,
            HasHalves: true)
            { Seed = random.Next() },
        random => new MatrixProductCase(random.Next(1, 4), random.Next(1, 11), Channels(random), random.Next(1, 180))
            { Seed = random.Next() },
        random => new MatrixProductCase(random.Next(1, 3), Channels(random), random.Next(1, 90), Channels(random)) { Seed = random.Next() },
        random => new SoftmaxCase(random.Next(1, 9), random.Next(1, 300)) { Seed = random.Next() },
        random => new SoftmaxColumnsCase(random.Next(1, 4), random.Next(1, 90), random.Next(1, 150), random.Next(2) == 0)
            { Seed = random.Next() },
        .. OperatorTable.Entries.Select(entry => (Func<Random, KernelCase>)(random => ElementwiseCases.Random(entry, random))),
        ElementwiseCases.RandomSelect,
        IntegerCase.Random,
        random => new LogSoftmaxCase(random.Next(1, 9), random.Next(1, 300)) { Seed = random.Next() },
        random => new HardmaxCase(random.Next(1, 9), random.Next(1, 100)) { Seed = random.Next() },
        ArgExtremeCase.Random,
        TopKCase.Random,
        CumulativeSumCase.Random,
        NormalizationCase.Random,
        LocalResponseCase.Random,
        ReductionCase.Random,
        IntegerReductionCase.Random,
        RearrangeCase.Random,
        RearrangeCase.RandomTranspose,
        RearrangeCase.RandomDoubled,
        LookupCase.Random,
        LookupCase.RandomPairs,
        NonMaxSuppressionCase.Random,
        ResampleCase.Random,
        CastCase.Random,
        QuantizeCase.Random,
        DequantizeCase.Random,
        LogicalCase.Random,
        random => new ConvertCase(random.Next(1, 4), Channels(random), Side(random) * Side(random)) { Seed = random.Next() },
        random => new CopyCase(Channels(random), Side(random) * Side(random)) { Seed = random.Next() },
        random => new ScaleShiftCase(
            random.Next(1, 4), Channels(random), Side(random) * Side(random), random.Next(4) > 0, random.Next(4) > 0, AnyClamp(random))
            { Seed = random.Next() },
    ];

    // A square window of stride 1 or 2 with padding of its own on each side.
    private static Window UnevenlyPadded(Random random)
    {
        int kernel = 3 + (2 * random.Next(3)), stride = random.Next(1, 3);
        return new Window(
            kernel, kernel, stride, stride, random.Next(kernel), random.Next(kernel), random.Next(kernel), random.Next(kernel));
    }

    private static ConvolutionCase Depthwise(Random random, Window window, int height, int width) =>
        Convolution(random, window, Channels(random), 1, random.Next(3) == 0 ? random.Next(2, 4) : 1, height, width);

    private static ConvolutionCase Convolution(
        Random random, Window window, int groups, int groupInputs, int groupOutputs, int height, int width)
    {
        // A window that is larger than the image gets a larger image.
        height = Math.Max(height, Span(window.KernelHeight, window.DilationY) - window.PadTop - window.PadBottom);
        width = Math.Max(width, Span(window.KernelWidth, window.DilationX) - window.PadLeft - window.PadRight);
        int batch = random.Next(1, 4);
        while (Geometry().MultiplyAdds * batch > MostMultiplyAdds && (batch > 1 || groupOutputs > 1 || groupInputs > 4 || groups > 1))
        {
            _ = batch > 1 ? batch-- : groupOutputs > groupInputs ? groupOutputs-- : groupInputs > 4 ? groupInputs-- : groups > 1 ? groups--
                : groupOutputs--;
        }

        return new ConvolutionCase(batch, Geometry(), random.Next(3) > 0, AnyActivation(random))
        {
            Seed = random.Next(),
            HasResidual = random.Next(3) == 0,
        };

        ConvolutionGeometry Geometry() => new(groups * groupInputs, groups * groupOutputs, groups, height, width, window);
    }

    // Few workers transform the input each for itself.
    private static ConvolutionCase Winograd(Random random, int channels, int height, int width) => new(
        random.Next(1, 3),
        new ConvolutionGeometry(
            random.Next(channels, channels + 8), random.Next(channels, channels + 8), 1, height, width, AnyPadding(random)),
        random.Next(3) > 0, AnyActivation(random))
    {
        Seed = random.Next(),
        HasResidual = random.Next(3) == 0,
        Workers = random.Next(1, 6),
    };

    private static Window AnyPadding(Random random) => new(3, 3, 1, 1, random.Next(4), random.Next(4), random.Next(4), random.Next(4));

    private static Window BarelyPadded(Random random) => new(3, 3, 2, 2, random.Next(2), random.Next(2), random.Next(2), random.Next(2));

    private static ConvolutionMaxPoolCase Pooled(Random random, ConvolutionCase convolution)
    {
        Window pool = BarelyPadded(random);
        bool fits = pool.OutputHeight(convolution.Geometry.OutputHeight) > 0 && pool.OutputWidth(convolution.Geometry.OutputWidth) > 0;
        return new(convolution with { HasResidual = false }, fits ? pool : Window.Square(3, stride: 2, padding: 1))
        { Seed = convolution.Seed };
    }

    private static KernelCase Pool(Random random, Func<int, int, int, Window, KernelCase> make)
    {
        while (true)
        {
            Window window = AnyWindow(random);
            int height = Side(random), width = Side(random);
            if (PoolWindows.SeesPixels(window, height, width))
            {
                return make(random.Next(1, 9), height, width, window);
            }
        }
    }

    private static int Span(int kernel, int dilation) => ((kernel - 1) * dilation) + 1;

    private static Window AnyWindow(Random random) => AnyWindow(random, random.Next(1, 8), random.Next(1, 6));

    private static Window AnyWindow(Random random, int kernelHeight, int kernelWidth) => new(
        kernelHeight, kernelWidth, random.Next(1, 4), random.Next(1, 4), random.Next(4), random.Next(4), random.Next(4), random.Next(4),
        random.Next(1, 4), random.Next(1, 4));

    public static Activation AnyActivation(Random random) => random.Next(6) switch
    {
        0 => Activation.Of(new LeakyRelu(0.1f))!,
        1 => Activation.Of(default(HardSwish))!,
        2 => Activation.Of(new HardSigmoid(0.2f, 0.5f))!,
        _ => AnyClamp(random),
    };

    private static Clamp AnyClamp(Random random) => random.Next(3) switch { 0 => Clamp.None, 1 => Clamp.Relu, _ => Clamp.Relu6 };

    // Sides around the sizes of the networks' images, with odd and prime ones between.
    private static int Side(Random random) => random.Next(3) switch
    {
        0 => random.Next(1, 8),
        1 => random.GetItems([7, 14, 28, 15, 16, 17, 32, 33], 1)[0],
        _ => random.Next(1, 36),
    };

    private static int Channels(Random random) =>
        random.Next(2) == 0 ? random.Next(1, 20) : random.GetItems([1, 2, 3, 4, 6, 8, 13, 16, 23, 24, 31, 37, 48], 1)[0];

    private static int NetworkChannels(Random random) => random.GetItems([24, 48, 58, 96, 116], 1)[0];
}
