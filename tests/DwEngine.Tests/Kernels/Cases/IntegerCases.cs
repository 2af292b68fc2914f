using System.Runtime.InteropServices;
using DwEngine.Kernels.Integers;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>A function of whole numbers. Planes are counted in floats here, so smaller elements come by the four.</summary>
internal sealed record IntegerCase(IntegerOperator Operator, ElementType Type, int Planes, int Length, Repeated Repeated)
    : KernelCase<IntegerProblem>
{
    private static readonly ElementType[] s_types =
        [ElementType.Int64, ElementType.Int32, ElementType.Int16, ElementType.Int8, ElementType.UInt8];

    /// <summary>Cases of all functions and types whose results are written down.</summary>
    public static IEnumerable<IntegerCase> Known =>
        from operation in Enum.GetValues<IntegerOperator>()
        from type in s_types
        select new IntegerCase(operation, type, 3, 20, operation.IsUnary() ? Repeated.None : (Repeated)((int)type % 3))
        {
            Seed = (10 * (int)operation) + (int)type,
        };

    private int Operands => Operator.IsUnary() ? 1 : 2;

    private ElementType OutputType => Operator.IsQuestion() ? ElementType.Bool : Type;

    public override PlaneSet Inputs => new(Operands * Planes, Length * Type.Size() / sizeof(float));

    public override PlaneSet Outputs => new(Planes, Length * OutputType.Size() / sizeof(float));

    /// <summary>A random case.</summary>
    public static IntegerCase Random(Random random)
    {
        IntegerOperator operation = random.GetItems(Enum.GetValues<IntegerOperator>(), 1)[0];
        return new IntegerCase(
            operation, s_types[random.Next(s_types.Length)], random.Next(1, 6), 4 * random.Next(1, random.Next(8) == 0 ? 2100 : 20),
            operation.IsUnary() ? Repeated.None : (Repeated)random.Next(3))
        {
            Seed = random.Next(),
        };
    }

    public override int ReadableLength(int plane) =>
        OperandReader.Repeats(Repeated, plane, Planes) ? Math.Max(1, Type.Size() / sizeof(float)) : Inputs.Length;

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        ReadOnlySpan<byte> left = MemoryMarshal.AsBytes(input), right = Operands == 1 ? left : left[(left.Length / 2)..];
        for (int i = 0; i < Planes * Length; i++)
        {
            int first = i / Length * Length;
            var a = IntegerReference.Read(Type, left, Repeated == Repeated.Left ? first : i);
            var b = IntegerReference.Read(Type, right, Repeated == Repeated.Right ? first : i);
            IntegerReference.Write(OutputType, MemoryMarshal.AsBytes(values.AsSpan()), i, IntegerReference.Of(Operator, a, b));
        }

        return new Expectation(values, new double[values.Length]) { IsBitwise = true };
    }

    // Numbers of all sizes, many of them small, and the limits.
    public override float[] MakeInput()
    {
        var random = new Random(Seed);
        float[] input = new float[Inputs.Elements];
        Span<byte> bytes = MemoryMarshal.AsBytes(input.AsSpan());
        int bits = 8 * Type.Size();
        for (int i = 0; i < Operands * Planes * Length; i++)
        {
            long number = random.Next(8) switch
            {
                0 => 1L << (bits - 1),
                1 => (1L << (bits - 1)) - 1,
                2 => random.NextInt64(long.MinValue, long.MaxValue),
                _ => random.Next(-5, 6),
            };
            IntegerReference.Write(Type, bytes, i, number);
        }

        return input;
    }

    public override IEnumerable<KernelCase> Shrink() =>
        ElementwiseCases.Simpler(Planes, Length / 4).Select(size => this with { Planes = size.Planes, Length = 4 * size.Length });

    protected override IntegerProblem MakeProblem() =>
        new(Operator, Type, Planes, Length, Repeated == Repeated.Left, Repeated == Repeated.Right);
}
