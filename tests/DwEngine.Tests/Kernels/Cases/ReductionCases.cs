using System.Numerics;
using System.Runtime.InteropServices;
using DwEngine.Kernels.Reductions;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>Floats reduced.</summary>
internal sealed record ReductionCase(ReductionOperator Operator, int Groups, int GroupPlanes, int Length, bool KeepsPlanes)
    : KernelCase<ReductionProblem>
{
    /// <summary>Cases of all operators whose results are written down.</summary>
    public static IEnumerable<ReductionCase> Known =>
        from operation in Enum.GetValues<ReductionOperator>()
        from keepsPlanes in new[] { false, true }
        select new ReductionCase(operation, 2, 3, operation == ReductionOperator.Prod ? 31 : keepsPlanes ? 150 : 1100, keepsPlanes)
        {
            Seed = 31 + (int)operation,
        };

    public override PlaneSet Inputs => new(Groups * GroupPlanes, Length);

    public override PlaneSet Outputs => new(Groups, KeepsPlanes ? Length : 1);

    /// <summary>A random case.</summary>
    public static ReductionCase Random(Random random)
    {
        ReductionOperator operation = random.GetItems(Enum.GetValues<ReductionOperator>(), 1)[0];
        bool keepsPlanes = random.Next(2) == 0;
        int planes = random.Next(1, 6), length = random.Next(1, keepsPlanes ? 200 : random.Next(8) == 0 ? 2500 : 100);
        // A product of more numbers would leave the range of floats.
        length = operation == ReductionOperator.Prod && !keepsPlanes ? Math.Min(length, 20) : length;
        return new ReductionCase(operation, random.Next(1, 5), planes, length, keepsPlanes) { Seed = random.Next() };
    }

    // A sum that has a logarithm.
    public override float[] MakeInput() => Operator == ReductionOperator.LogSum ? Absolute(base.MakeInput()) : base.MakeInput();

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        double[] tolerances = new double[values.Length];
        for (int output = 0; output < values.Length; output++)
        {
            double[] numbers = Numbers(input, output);
            double value = ReductionReference.Of(Operator, numbers);
            double sum = Operator is ReductionOperator.L2 or ReductionOperator.SumSquare ? numbers.Sum(x => x * x) : numbers.Sum(Math.Abs);
            double rounding = (4 + (2 * Math.Sqrt(numbers.Length))) * UnitRoundoff;
            double tolerance = Operator switch
            {
                ReductionOperator.Max or ReductionOperator.Min => 0,
                ReductionOperator.Prod => (numbers.Length + 2) * UnitRoundoff * Math.Abs(value),
                ReductionOperator.Mean => rounding * sum / numbers.Length,
                ReductionOperator.L2 => rounding * value,
                ReductionOperator.LogSum => rounding + (4 * UnitRoundoff * Math.Abs(value)),
                ReductionOperator.LogSumExp => rounding + (8 * UnitRoundoff * (8 + Math.Abs(value))),
                _ => rounding * sum,
            };
            values[output] = (float)value;
            tolerances[output] = double.IsFinite(tolerance) ? tolerance : 0;
        }

        return new Expectation(values, tolerances);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Groups, 1).Select(groups => this with { Groups = groups })
            .Concat(Shrinking.Towards(GroupPlanes, 1).Select(planes => this with { GroupPlanes = planes }))
            .Concat(Shrinking.Towards(Length, 1).Select(length => this with { Length = length }));

    protected override ReductionProblem MakeProblem() => new(Operator, ElementType.Float32, Groups, GroupPlanes, Length, KeepsPlanes);

    private double[] Numbers(ReadOnlySpan<float> input, int output)
    {
        int group = KeepsPlanes ? output / Length : output, size = GroupPlanes * Length;
        float[] all = input.Slice(group * size, size).ToArray();
        return [.. all.Where((_, i) => !KeepsPlanes || i % Length == output % Length).Select(x => (double)x)];
    }
}

/// <summary>Whole numbers reduced. Planes are counted in floats here, so elements are of 4 or 8 bytes.</summary>
internal sealed record IntegerReductionCase(
    ReductionOperator Operator, ElementType Type, int Groups, int GroupPlanes, int Length, bool KeepsPlanes) : KernelCase<ReductionProblem>
{
    private static readonly ReductionOperator[] s_operators = [.. Enum.GetValues<ReductionOperator>().Where(operation =>
        operation.TakesIntegers())];

    /// <summary>Cases of all operators whose results are written down.</summary>
    public static IEnumerable<IntegerReductionCase> Known =>
        from operation in s_operators
        from type in new[] { ElementType.Int64, ElementType.Int32 }
        from keepsPlanes in new[] { false, true }
        select new IntegerReductionCase(operation, type, 2, 3, 13, keepsPlanes) { Seed = 5 + (int)operation };

    private int Floats => Type.Size() / sizeof(float);

    private int OutputLength => KeepsPlanes ? Length : 1;

    public override PlaneSet Inputs => new(Groups * GroupPlanes, Length * Floats);

    public override PlaneSet Outputs => new(Groups, OutputLength * Floats);

    /// <summary>A random case.</summary>
    public static IntegerReductionCase Random(Random random) => new(
        s_operators[random.Next(s_operators.Length)], random.Next(2) == 0 ? ElementType.Int64 : ElementType.Int32,
        random.Next(1, 5), random.Next(1, 6), random.Next(1, 60), random.Next(2) == 0)
    {
        Seed = random.Next(),
    };

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        for (int output = 0; output < Groups * OutputLength; output++)
        {
            var numbers = new List<BigInteger>();
            for (int i = 0; i < GroupPlanes * Length; i++)
            {
                if (!KeepsPlanes || i % Length == output % Length)
                {
                    int element = (output / OutputLength * GroupPlanes * Length) + i;
                    numbers.Add(IntegerReference.Read(Type, MemoryMarshal.AsBytes(input), element));
                }
            }

            IntegerReference.Write(Type, MemoryMarshal.AsBytes(values.AsSpan()), output, ReductionReference.Of(Operator, numbers));
        }

        return new Expectation(values, new double[values.Length]) { IsBitwise = true };
    }

    // Sums of these are counted in 64 bits; products and squares may wrap around.
    public override float[] MakeInput()
    {
        var random = new Random(Seed);
        float[] input = new float[Inputs.Elements];
        for (int i = 0; i < input.Length / Floats; i++)
        {
            long number = random.Next(4) == 0 ? random.Next(int.MinValue, int.MaxValue) : random.Next(-9, 10);
            IntegerReference.Write(Type, MemoryMarshal.AsBytes(input.AsSpan()), i, number);
        }

        return input;
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Groups, 1).Select(groups => this with { Groups = groups })
            .Concat(Shrinking.Towards(GroupPlanes, 1).Select(planes => this with { GroupPlanes = planes }))
            .Concat(Shrinking.Towards(Length, 1).Select(length => this with { Length = length }));

    protected override ReductionProblem MakeProblem() => new(Operator, Type, Groups, GroupPlanes, Length, KeepsPlanes);
}
