using System.Runtime.InteropServices;
using DwEngine.Kernels.Elementwise;
using DwEngine.Kernels.Planewise;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>
/// A kernel of bytes to bytes. Planes are counted in floats here, so elements come by the four.
/// </summary>
/// <param name="Planes">Planes.</param>
/// <param name="Fours">Elements of a plane over four.</param>
/// <param name="From">The type of the input.</param>
/// <param name="To">The type of the output.</param>
internal abstract record ConversionCase<TProblem>(int Planes, int Fours, ElementType From, ElementType To) : KernelCase<TProblem>
{
    /// <summary>Elements of a plane.</summary>
    protected int Length => 4 * Fours;

    public override PlaneSet Inputs => new(Planes, Fours * From.Size());

    public override PlaneSet Outputs => new(Planes, Fours * To.Size());

    public override IEnumerable<KernelCase> Shrink() => ElementwiseCases.Simpler(Planes, Fours)
        .Select(size => this with { Planes = size.Planes, Fours = size.Length });

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        var tensor = Tensor.FromBytes(From, new Shape(Planes, Length), MemoryMarshal.AsBytes(input).ToArray());
        float[] values = MemoryMarshal.Cast<byte, float>(Convert(tensor).Bytes).ToArray();
        return new Expectation(values, new double[values.Length]);
    }

    /// <summary>What the reference makes of it.</summary>
    protected abstract Tensor Convert(Tensor input);
}

/// <summary>Conversion of elements. Their bits are any, but for floats.</summary>
internal sealed record CastCase(int Planes, int Fours, ElementType From, ElementType To)
    : ConversionCase<CastProblem>(Planes, Fours, From, To)
{
    public override float[] MakeInput()
    {
        float[] input = base.MakeInput();
        Span<byte> bytes = MemoryMarshal.AsBytes(input.AsSpan());
        Random random = ParameterRandom();
        if (!From.IsFloatingPoint())
        {
            random.NextBytes(bytes);
        }
        else if (From == ElementType.Float64)
        {
            foreach (ref double value in MemoryMarshal.Cast<byte, double>(bytes))
            {
                value = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(25));
            }
        }

        return input;
    }

    public static CastCase Random(Random random)
    {
        ElementType[] types = Enum.GetValues<ElementType>();
        // What this counts as floats must not be NaN of several kinds, which other types of floats make.
        ElementType to = random.GetItems(
            [ElementType.Float32, ElementType.Int64, ElementType.Int32, ElementType.Int8, ElementType.Bool], 1)[0];
        return new CastCase(random.Next(1, 4), random.Next(1, 90), types[random.Next(types.Length)], to) { Seed = random.Next() };
    }

    protected override Tensor Convert(Tensor input) => CastReference.Run(input, To);

    protected override CastProblem MakeProblem() => new(Planes, Length, From, To);
}

/// <summary>Whole numbers of floats.</summary>
internal sealed record QuantizeCase(int Planes, int Fours, int Run, int Channels, ElementType Type)
    : ConversionCase<QuantizeProblem>(Planes, Fours, ElementType.Float32, Type)
{
    public static QuantizeCase Random(Random random) => new(
        random.Next(1, 4), random.Next(1, 90), random.Next(1, 300), random.Next(1, 4), QuantizationNumbers.Types[random.Next(4)])
    { Seed = random.Next() };

    protected override Tensor Convert(Tensor input)
    {
        Quantization quantization = MakeProblem().Quantization;
        (double low, double high) = QuantizationNumbers.Limits(Type);
        double[] whole = new double[input.Floats.Length];
        for (int i = 0; i < whole.Length; i++)
        {
            int channel = i / Run % Channels;
            double value = Math.Round((double)(input.Floats[i] / quantization.Scales[channel]), MidpointRounding.ToEven);
            int zero = quantization.ZeroPoints[channel];
            whole[i] = double.IsNaN(value) ? zero : Math.Clamp(value + zero, low, high);
        }

        return CastReference.Run(
            Tensor.FromBytes(ElementType.Float64, input.Shape, MemoryMarshal.AsBytes(whole.AsSpan()).ToArray()), Type);
    }

    protected override QuantizeProblem MakeProblem() =>
        new(QuantizationNumbers.Make(ParameterRandom(), Planes, Length, Run, Channels, Type));
}

/// <summary>Floats of whole numbers.</summary>
internal sealed record DequantizeCase(int Planes, int Fours, int Run, int Channels, ElementType Type)
    : ConversionCase<DequantizeProblem>(Planes, Fours, Type, ElementType.Float32)
{
    public static DequantizeCase Random(Random random) => new(
        random.Next(1, 4), random.Next(1, 90), random.Next(1, 300), random.Next(1, 4), QuantizationNumbers.Types[random.Next(4)])
    { Seed = random.Next() };

    protected override Tensor Convert(Tensor input)
    {
        Quantization quantization = MakeProblem().Quantization;
        ReadOnlySpan<long> whole = MemoryMarshal.Cast<byte, long>(CastReference.Run(input, ElementType.Int64).Bytes);
        float[] values = new float[whole.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int channel = i / Run % Channels;
            values[i] = (float)(whole[i] - quantization.ZeroPoints[channel]) * quantization.Scales[channel];
        }

        return Tensor.FromFloats(input.Shape, values);
    }

    protected override DequantizeProblem MakeProblem() =>
        new(QuantizationNumbers.Make(ParameterRandom(), Planes, Length, Run, Channels, Type));
}

/// <summary>Scales and zero points.</summary>
internal static class QuantizationNumbers
{
    public static ElementType[] Types { get; } = [ElementType.UInt8, ElementType.Int8, ElementType.Int16, ElementType.Int32];

    public static (double Low, double High) Limits(ElementType type) => type switch
    {
        ElementType.UInt8 => (0, 255),
        ElementType.Int8 => (-128, 127),
        ElementType.Int16 => (-32768, 32767),
        _ => (int.MinValue, int.MaxValue),
    };

    public static Quantization Make(Random random, int planes, int length, int run, int channels, ElementType type)
    {
        int lowest = type == ElementType.UInt8 ? 0 : -100;
        return new Quantization(
            planes,
            length,
            run,
            [.. Enumerable.Range(0, channels).Select(_ => MathF.Pow(10, -random.Next(4)) * (random.NextSingle() + 0.1f))],
            [.. Enumerable.Range(0, channels).Select(_ => random.Next(lowest, 100))],
            type);
    }
}

/// <summary>A function of two Bools.</summary>
internal sealed record LogicalCase(int Operation, int Planes, int Fours, Repeated Repeated) : KernelCase<LogicalProblem>
{
    public override PlaneSet Inputs => new(2 * Planes, Fours);

    public override PlaneSet Outputs => new(Planes, Fours);

    public static LogicalCase Random(Random random) =>
        new(random.Next(3), random.Next(1, 6), random.Next(1, 90), (Repeated)random.Next(3)) { Seed = random.Next() };

    public override float[] MakeInput()
    {
        float[] input = base.MakeInput();
        ParameterRandom().GetItems<byte>([0, 1], MemoryMarshal.AsBytes(input.AsSpan()));
        return input;
    }

    public override int ReadableLength(int plane) => OperandReader.Repeats(Repeated, plane, Planes) ? 1 : Fours;

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        Span<byte> answers = MemoryMarshal.AsBytes(values.AsSpan());
        ReadOnlySpan<byte> left = MemoryMarshal.AsBytes(input), right = left[answers.Length..];
        for (int i = 0; i < answers.Length; i++)
        {
            int plane = i / (4 * Fours) * 4 * Fours;
            int a = left[Repeated == Repeated.Left ? plane : i], b = right[Repeated == Repeated.Right ? plane : i];
            answers[i] = (byte)(Operation switch { 0 => a * b, 1 => Math.Max(a, b), _ => (a + b) % 2 });
        }

        return new Expectation(values, new double[values.Length]);
    }

    public override IEnumerable<KernelCase> Shrink() => ElementwiseCases.Simpler(Planes, Fours)
        .Select(size => this with { Planes = size.Planes, Fours = size.Length });

    protected override LogicalProblem MakeProblem() => new(
        (LogicalOperation)Operation, Planes, 4 * Fours, Repeated == Repeated.Left, Repeated == Repeated.Right);
}
