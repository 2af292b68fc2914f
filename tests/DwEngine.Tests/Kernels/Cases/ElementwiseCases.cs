using System.Runtime.InteropServices;
using DwEngine.Kernels;
using DwEngine.Kernels.Elementwise;
using DwEngine.Kernels.Reference;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>Cases for every operator of the table.</summary>
internal static class ElementwiseCases
{
    // The elements of a task, and a few more.
    private const int LongPlane = 8200;

    /// <summary>Cases of all operators whose results are written down.</summary>
    public static IEnumerable<KernelCase> Known =>
    [
        .. OperatorTable.Entries.OfType<UnaryEntry>().Select(entry => new UnaryCase(entry.Traits.Name, 7, 61) { Seed = SeedOf(entry) }),
        new BinaryCase("Add", 7, 45, Repeated.None, Clamp.Relu) { Seed = 16 },
        .. from entry in OperatorTable.Entries.OfType<BinaryEntry>()
           where entry.Traits.Name != "Add"
           from repeated in Enum.GetValues<Repeated>()
           select new BinaryCase(entry.Traits.Name, 7, 61, repeated, Clamp.None) { Seed = SeedOf(entry) },
        .. from entry in OperatorTable.Entries.OfType<ComparisonEntry>()
           from repeated in Enum.GetValues<Repeated>()
           select new ComparisonCase(entry.Traits.Name, 7, 60, repeated) { Seed = SeedOf(entry) },
        new SelectCase(7, 61, false, false, false) { Seed = 1 },
        new SelectCase(7, 61, true, false, true) { Seed = 2 },
        new SelectCase(7, 60, false, false, true, 8) { Seed = 3 },
        new SelectCase(7, 60, false, true, false, 1) { Seed = 4 },
    ];

    /// <summary>A random case for an operator.</summary>
    public static KernelCase Random(OperatorEntry entry, Random random)
    {
        (int planes, int length) = Size(random);
        (string name, var repeated) = (entry.Traits.Name, (Repeated)random.Next(3));
        Clamp clamp = random.Next(2) == 0 ? Clamp.None : Clamp.Relu6;
        return entry switch
        {
            UnaryEntry => new UnaryCase(name, planes, length) { Seed = random.Next() },
            BinaryEntry => new BinaryCase(name, planes, length, repeated, clamp) { Seed = random.Next() },
            _ => new ComparisonCase(name, planes, PlaneLayout.RoundUp(length, sizeof(float)), repeated) { Seed = random.Next() },
        };
    }

    /// <summary>A random selection.</summary>
    public static KernelCase RandomSelect(Random random)
    {
        (int planes, int length) = Size(random);
        int size = 1 << random.Next(4);
        length = size == sizeof(float) ? length : PlaneLayout.RoundUp(length, sizeof(float));
        return new SelectCase(planes, length, random.Next(3) == 0, random.Next(3) == 0, random.Next(3) == 0, size) { Seed = random.Next() };
    }

    /// <summary>Planes and their length made simpler.</summary>
    public static IEnumerable<(int Planes, int Length)> Simpler(int planes, int length) =>
        Shrinking.Towards(planes, 1).Select(fewer => (fewer, length))
            .Concat(Shrinking.Towards(length, 1).Select(shorter => (planes, shorter)));

    private static (int Planes, int Length) Size(Random random) => random.Next(8) == 0
        ? (1, LongPlane + random.Next(50))
        : (random.Next(1, 9), random.Next(1, 140));

    // The same whatever else the table holds.
    private static int SeedOf(OperatorEntry entry) => entry.Traits.Name.Sum(letter => letter);
}

/// <summary>Which operand is one element for each plane.</summary>
internal enum Repeated
{
    None,
    Left,
    Right,
}

/// <summary>A function of each element.</summary>
internal sealed record UnaryCase(string Operator, int Planes, int Length) : KernelCase<UnaryProblem>
{
    public override PlaneSet Inputs => new(Planes, Length);

    public override PlaneSet Outputs => new(Planes, Length);

    /// <summary>The operator with its parameters, bounds where it has none by default.</summary>
    public static IUnaryOperator Make(UnaryEntry entry) => entry.Create(
        [.. entry.Traits.Parameters.Select(p => float.IsFinite(p.Default) ? p.Default : float.Clamp(p.Default, -1.5f, 2))]);

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        UnaryEntry entry = OperatorTable.Find<UnaryEntry>(Operator)!;
        IUnaryOperator operation = Make(entry);
        float[] values = new float[input.Length];
        double[] tolerances = new double[input.Length];
        for (int i = 0; i < values.Length; i++)
        {
            double exact = operation.Exact(input[i]);
            values[i] = (float)exact;
            tolerances[i] = OperatorBounds.Tolerance(entry.Traits.Accuracy, exact) + OperatorBounds.Unit(exact);
        }

        return new Expectation(values, tolerances);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        ElementwiseCases.Simpler(Planes, Length).Select(size => this with { Planes = size.Planes, Length = size.Length });

    protected override UnaryProblem MakeProblem() => new(Make(OperatorTable.Find<UnaryEntry>(Operator)!), Planes, Length);
}

/// <summary>A function of two operands.</summary>
internal sealed record BinaryCase(string Operator, int Planes, int Length, Repeated Repeated, Clamp Clamp) : KernelCase<BinaryProblem>
{
    public override PlaneSet Inputs => new(2 * Planes, Length);

    public override PlaneSet Outputs => new(Planes, Length);

    public override int ReadableLength(int plane) => OperandReader.Repeats(Repeated, plane, Planes) ? 1 : Length;

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        BinaryEntry entry = OperatorTable.Find<BinaryEntry>(Operator)!;
        float[] values = new float[Outputs.Elements];
        double[] tolerances = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            (float left, float right) = OperandReader.Read(input, Planes, Length, Repeated, i);
            double exact = entry.Operator.Exact(left, right);
            values[i] = ActivationReference.Apply((float)exact, Clamp);
            tolerances[i] = OperatorBounds.Tolerance(entry.Traits.Accuracy, exact);
        }

        return new Expectation(values, tolerances);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        ElementwiseCases.Simpler(Planes, Length).Select(size => this with { Planes = size.Planes, Length = size.Length });

    protected override BinaryProblem MakeProblem() => new(
        OperatorTable.Find<BinaryEntry>(Operator)!.Operator, Planes, Length, Repeated == Repeated.Left, Repeated == Repeated.Right, Clamp);
}

/// <summary>A question about two operands. The answers are counted in floats here, so they come by the four.</summary>
internal sealed record ComparisonCase(string Operator, int Planes, int Length, Repeated Repeated) : KernelCase<ComparisonProblem>
{
    public override PlaneSet Inputs => new(2 * Planes, Length);

    public override PlaneSet Outputs => new(Planes, Length / sizeof(float));

    public override int ReadableLength(int plane) => OperandReader.Repeats(Repeated, plane, Planes) ? 1 : Length;

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        IComparison comparison = OperatorTable.Find<ComparisonEntry>(Operator)!.Comparison;
        float[] values = new float[Outputs.Elements];
        Span<byte> answers = MemoryMarshal.AsBytes(values.AsSpan());
        for (int i = 0; i < answers.Length; i++)
        {
            (float left, float right) = OperandReader.Read(input, Planes, Length, Repeated, i);
            answers[i] = comparison.Exact(left, right) ? (byte)1 : (byte)0;
        }

        return new Expectation(values, new double[values.Length]);
    }

    // Numbers of which many are equal.
    public override float[] MakeInput() => Array.ConvertAll(base.MakeInput(), MathF.Round);

    public override IEnumerable<KernelCase> Shrink() => ElementwiseCases.Simpler(Planes, Length / sizeof(float))
        .Select(size => this with { Planes = size.Planes, Length = size.Length * sizeof(float) });

    protected override ComparisonProblem MakeProblem() => new(
        OperatorTable.Find<ComparisonEntry>(Operator)!.Comparison, Planes, Length, Repeated == Repeated.Left, Repeated == Repeated.Right);
}

/// <summary>One operand or the other.</summary>
internal sealed record SelectCase(
    int Planes, int Length, bool RepeatsCondition, bool RepeatsLeft, bool RepeatsRight, int ElementSize = sizeof(float))
    : KernelCase<SelectProblem>
{
    // Planes are counted in floats here; the length of other elements is a multiple of four.
    public override PlaneSet Inputs =>
        new(3 * Planes, Math.Max(Length * ElementSize / sizeof(float), (Length + sizeof(float) - 1) / sizeof(float)));

    public override PlaneSet Outputs => new(Planes, Length * ElementSize / sizeof(float));

    public override int ReadableLength(int plane) => (plane / Planes) switch
    {
        0 => RepeatsCondition ? 1 : (Length + sizeof(float) - 1) / sizeof(float),
        1 => RepeatsLeft ? OneElement : Outputs.Length,
        _ => RepeatsRight ? OneElement : Outputs.Length,
    };

    private int OneElement => Math.Max(1, ElementSize / sizeof(float));

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        Span<byte> output = MemoryMarshal.AsBytes(values.AsSpan());
        for (int i = 0; i < Planes * Length; i++)
        {
            int plane = i / Length, element = i % Length;
            byte condition = Plane(input, plane)[RepeatsCondition ? 0 : element];
            ReadOnlySpan<byte> chosen = condition != 0
                ? Plane(input, Planes + plane)[((RepeatsLeft ? 0 : element) * ElementSize)..]
                : Plane(input, (2 * Planes) + plane)[((RepeatsRight ? 0 : element) * ElementSize)..];
            chosen[..ElementSize].CopyTo(output[(i * ElementSize)..]);
        }

        return new Expectation(values, new double[values.Length]) { IsBitwise = ElementSize != sizeof(float) };
    }

    public override float[] MakeInput()
    {
        float[] input = base.MakeInput();
        Span<byte> conditions = MemoryMarshal.AsBytes(input.AsSpan(0, Planes * Inputs.Length));
        ParameterRandom().GetItems<byte>([0, 0, 1, byte.MaxValue], conditions);
        return input;
    }

    public override IEnumerable<KernelCase> Shrink() => ElementSize == sizeof(float)
        ? ElementwiseCases.Simpler(Planes, Length).Select(size => this with { Planes = size.Planes, Length = size.Length })
        : Shrinking.Towards(Planes, 1).Select(planes => this with { Planes = planes });

    protected override SelectProblem MakeProblem() => new(Planes, Length, RepeatsCondition, RepeatsLeft, RepeatsRight, ElementSize);

    private ReadOnlySpan<byte> Plane(ReadOnlySpan<float> input, int plane) =>
        MemoryMarshal.AsBytes(input.Slice(plane * Inputs.Length, Inputs.Length));
}

/// <summary>The operands of one element of the result.</summary>
internal static class OperandReader
{
    /// <summary>Whether an input plane is one element.</summary>
    public static bool Repeats(Repeated repeated, int plane, int planes) => repeated == (plane < planes ? Repeated.Left : Repeated.Right);

    /// <summary>Both operands.</summary>
    public static (float Left, float Right) Read(ReadOnlySpan<float> input, int planes, int length, Repeated repeated, int element)
    {
        ReadOnlySpan<float> left = input[..(planes * length)], right = input[left.Length..];
        int plane = element / length * length;
        return (left[repeated == Repeated.Left ? plane : element], right[repeated == Repeated.Right ? plane : element]);
    }
}
