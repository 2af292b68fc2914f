using DwEngine.Kernels;
using DwEngine.Kernels.Elementwise;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Tests.Kernels.Cases;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>
/// Every operator of the table over the whole range of floats: within the bound that it states, and with the same bits for one number and
/// in vectors of every instruction set.
/// </summary>
public unsafe class OperatorTests
{
    // Of all floats every so many are tried; a prime, so that all low bits occur.
    private const int Step = 99_991;

    private static readonly float[] s_special =
    [
        0, float.Epsilon, 1e-39f, 1.17549421e-38f, 1.17549435e-38f, 1e-30f, 1e-20f, 1e-10f, 5.96e-8f, 1e-5f, 0.1f, 0.41421354f, 0.5f,
        0.59999996f, 0.6f, 0.70710677f, 0.92499995f, 0.925f, 1, 1.4142135f, 1.4142137f, 1.5f, 2, 2.5f, 2.9999998f, 3, 3.0000002f, 3.5f, 4,
        5, 6,
        7.5f, 9.01f, 10, 15, 16.6f, 20, 30, 44.5f, 86.5f, 87.33654f, 87.33655f, 88, 88.72283f, 88.72284f, 89, 103.27893f, 103.97207f,
        104.5f,
        127, 128, 1000.5f, 8388607.5f, 8388608, 16777215, 16777216, 16777218, 2147483648, 1e10f, 1e20f, 3e38f,
        float.MaxValue, float.PositiveInfinity, float.NaN,
    ];

    private static readonly float[] s_samples = Samples();

    public static TheoryData<string> UnaryNames => Names<UnaryEntry>();

    public static TheoryData<string> BinaryNames => Names<BinaryEntry>();

    public static TheoryData<string> ComparisonNames => Names<ComparisonEntry>();

    [Theory]
    [MemberData(nameof(UnaryNames))]
    public void A_function_of_one_number_is_as_exact_as_it_says(string name)
    {
        UnaryEntry entry = OperatorTable.Find<UnaryEntry>(name)!;
        IUnaryOperator operation = UnaryCase.Make(entry);
        foreach (float x in s_samples)
        {
            double exact = operation.Exact(x);
            float found = entry.Apply(operation, x);
            Assert.True(
                OperatorBounds.Holds(entry.Traits.Accuracy, exact, found),
                $"{name}({x:R}) is {exact:R}, found {found:R}: {UnitsOff(exact, found)}.");
        }
    }

    [Theory]
    [MemberData(nameof(UnaryNames))]
    public void A_function_of_one_number_has_the_same_bits_everywhere(string name)
    {
        UnaryEntry entry = OperatorTable.Find<UnaryEntry>(name)!;
        IUnaryOperator operation = UnaryCase.Make(entry);
        uint[] expected = [.. s_samples.Select(x => BitHash.BitsOf(entry.Apply(operation, x)))];
        foreach (Isa isa in ReproducibleIsas())
        {
            BoundKernel kernel = KernelTable.Select(isa, new UnaryProblem(operation, 1, s_samples.Length)).Bind(
                new UnaryProblem(operation, 1, s_samples.Length), new PackedWeights());
            AssertBits(name, isa, expected, Run(kernel, s_samples.Length, s_samples), i => $"{s_samples[i]:R}");
        }
    }

    [Theory]
    [MemberData(nameof(UnaryNames))]
    public void Zeros_keep_their_sign_where_the_function_does(string name)
    {
        UnaryEntry entry = OperatorTable.Find<UnaryEntry>(name)!;
        IUnaryOperator operation = UnaryCase.Make(entry);
        foreach (float zero in (float[])[0, -0f])
        {
            // A clamp keeps what lies between its bounds, -0 among it.
            double exact = operation.AsClamp is null ? operation.Exact(zero) : zero;
            if (exact == 0)
            {
                Assert.Equal(double.IsNegative(exact), float.IsNegative(entry.Apply(operation, zero)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(BinaryNames))]
    public void A_function_of_two_numbers_is_as_exact_as_it_says_and_has_the_same_bits_everywhere(string name)
    {
        BinaryEntry entry = OperatorTable.Find<BinaryEntry>(name)!;
        (float[] left, float[] right) = Pairs();
        uint[] expected = new uint[left.Length];
        for (int i = 0; i < expected.Length; i++)
        {
            double exact = entry.Operator.Exact(left[i], right[i]);
            float found = entry.Apply(left[i], right[i]);
            Assert.True(
                OperatorBounds.Holds(entry.Traits.Accuracy, exact, found),
                $"{name}({left[i]:R}, {right[i]:R}) is {exact:R}, found {found:R}: {UnitsOff(exact, found)}.");
            expected[i] = BitHash.BitsOf(found);
        }

        foreach (Isa isa in ReproducibleIsas())
        {
            var problem = new BinaryProblem(entry.Operator, 1, left.Length, false, false, Clamp.None);
            BoundKernel kernel = KernelTable.Select(isa, problem).Bind(problem, new PackedWeights());
            AssertBits(name, isa, expected, Run(kernel, left.Length, left, right), i => $"{left[i]:R}, {right[i]:R}");
        }
    }

    [Theory]
    [InlineData("Min", 0f, -0f, -0f)]
    [InlineData("Max", 0f, -0f, 0f)]
    [InlineData("Min", float.NaN, 1f, float.NaN)]
    [InlineData("Min", 1f, float.NaN, float.NaN)]
    [InlineData("Max", 1f, float.NaN, float.NaN)]
    [InlineData("Pow", float.NaN, 0f, 1f)]
    [InlineData("Pow", 1f, float.NaN, 1f)]
    [InlineData("Pow", -1f, float.NegativeInfinity, 1f)]
    [InlineData("Pow", -0f, -3f, float.NegativeInfinity)]
    [InlineData("Pow", -0f, -2f, float.PositiveInfinity)]
    [InlineData("Pow", -0f, 3f, -0f)]
    [InlineData("Pow", -0f, 0.5f, 0f)]
    [InlineData("Pow", float.NegativeInfinity, 3f, float.NegativeInfinity)]
    [InlineData("Pow", float.NegativeInfinity, -3f, -0f)]
    [InlineData("Pow", float.NegativeInfinity, 0.5f, float.PositiveInfinity)]
    [InlineData("Pow", -2f, 3f, -8f)]
    [InlineData("Pow", -2f, 0.5f, float.NaN)]
    [InlineData("PRelu", -0f, 3f, -0f)]
    public void Zeros_infinities_and_NaN_are_treated_as_the_standard_says(string name, float left, float right, float expected) =>
        Assert.Equal(BitHash.BitsOf(expected), BitHash.BitsOf(OperatorTable.Find<BinaryEntry>(name)!.Apply(left, right)));

    [Fact]
    public void The_order_of_zeros_does_not_matter_to_a_minimum_or_maximum()
    {
        Assert.True(float.IsNegative(OperatorTable.Find<BinaryEntry>("Min")!.Apply(-0f, 0)));
        Assert.False(float.IsNegative(OperatorTable.Find<BinaryEntry>("Max")!.Apply(-0f, 0)));
    }

    [Theory]
    [MemberData(nameof(ComparisonNames))]
    public void A_comparison_of_any_length_writes_its_answers_and_nothing_else(string name)
    {
        const byte untouched = 0xA5;
        ComparisonEntry entry = OperatorTable.Find<ComparisonEntry>(name)!;
        float[] left = [.. Enumerable.Range(0, 70).Select(i => s_special[i * 7 % s_special.Length])];
        float[] right = [.. Enumerable.Range(0, 70).Select(i => i % 3 == 0 ? left[i] : s_special[i * 5 % s_special.Length])];
        byte** tables = stackalloc byte*[3];
        foreach (Isa isa in Isas.Supported)
        {
            for (int length = 1; length < left.Length; length++)
            {
                var problem = new ComparisonProblem(entry.Comparison, 1, length, false, false);
                BoundKernel kernel = KernelTable.Select(isa, problem).Bind(problem, new PackedWeights());
                byte[] answers = new byte[length + 64];
                Array.Fill(answers, untouched);
                fixed (float* a = left, b = right)
                {
                    fixed (byte* output = answers)
                    {
                        tables[0] = (byte*)a;
                        tables[1] = (byte*)b;
                        tables[2] = output;
                        kernel.Run(new KernelArguments(tables, tables + 2, null), 0, kernel.TaskCount);
                    }
                }

                IEnumerable<byte> expected = left[..length].Zip(right, (a, b) => entry.Comparison.Exact(a, b) ? (byte)1 : (byte)0);
                Assert.Equal([.. expected, .. Enumerable.Repeat(untouched, 64)], answers);
            }
        }
    }

    [Fact]
    public void Names_of_operators_and_kernels_are_unique()
    {
        Assert.Distinct(OperatorTable.Entries.Select(entry => entry.Traits.Name));
        Assert.Distinct(KernelTable.Rows.Select(row => row.ToString()));
    }

    private static TheoryData<string> Names<TEntry>()
        where TEntry : OperatorEntry => [.. OperatorTable.Entries.OfType<TEntry>().Select(entry => entry.Traits.Name)];

    private static string UnitsOff(double exact, float found) => $"{Math.Abs(found - exact) / OperatorBounds.Unit(exact)} units off";

    private static IEnumerable<Isa> ReproducibleIsas() => Isas.Supported.Where(Isas.IsReproducible);

    private static float[] Run(BoundKernel kernel, int length, params float[][] inputs)
    {
        using var memory = new AlignedBuffer((inputs.Length + 1L) * length * sizeof(float));
        byte** tables = stackalloc byte*[inputs.Length + 1];
        for (int i = 0; i <= inputs.Length; i++)
        {
            tables[i] = (byte*)(memory.Floats + ((long)i * length));
            if (i < inputs.Length)
            {
                inputs[i].CopyTo(memory.AsSpan()[(i * length)..]);
            }
        }

        kernel.Run(new KernelArguments(tables, tables + inputs.Length, null), 0, kernel.TaskCount);
        return memory.AsSpan().Slice(inputs.Length * length, length).ToArray();
    }

    private static void AssertBits(string name, Isa isa, uint[] expected, float[] found, Func<int, string> arguments)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                expected[i] == BitHash.BitsOf(found[i]),
                $"{name}({arguments(i)}) is {BitConverter.UInt32BitsToSingle(expected[i]):R} alone, {found[i]:R} on {isa}.");
        }
    }

    private static float[] Samples()
    {
        var samples = new List<float>();
        samples.AddRange(s_special);
        samples.AddRange(s_special.Select(x => -x));
        for (long bits = 0; bits <= uint.MaxValue; bits += TestSpeed.IsSlow ? 20L * Step : Step)
        {
            samples.Add(BitConverter.UInt32BitsToSingle((uint)bits));
        }

        var random = new Random(1);
        int count = TestSpeed.IsSlow ? 1000 : 20_000;
        samples.AddRange(Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * 8));
        samples.AddRange(Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * 220));
        return [.. samples];
    }

    private static (float[] Left, float[] Right) Pairs()
    {
        float[] special = [.. s_special, .. s_special.Select(x => -x), 1.0000001f, 0.99999994f];
        var pairs = new List<(float Left, float Right)>(from a in special from b in special select (a, b));
        var random = new Random(2);
        for (int i = TestSpeed.IsSlow ? 2000 : 60_000; i > 0; i--)
        {
            float a = BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32)), b = (random.NextSingle() - 0.5f) * 8;
            // Powers between the smallest and the largest float, near 1 and far from it.
            float root = random.Next(2) == 0 ? MathF.Abs(a) : 0.5f + random.NextSingle();
            pairs.Add(random.Next(4) switch
            {
                0 => (a, b),
                1 => (root, (float)((random.NextDouble() - 0.5) * 210 / Math.Log(root))),
                2 => (-root, MathF.Round(b)),
                _ => (b, (random.NextSingle() - 0.5f) * 8),
            });
        }

        return ([.. pairs.Select(pair => pair.Left)], [.. pairs.Select(pair => pair.Right)]);
    }
}
