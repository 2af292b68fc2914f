using DwEngine.Kernels;
using DwEngine.Simd;
using DwEngine.Testing;
using DwEngine.Tests.Kernels.Cases;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>Every row of the kernel table gives the same bits on every instruction set.</summary>
public class KernelBitsTests
{
    // Near the limits of binary32: products that underflow, zeros of both signs, and what clamps treat in a way of its own.
    private static readonly float[] s_extremes =
    [
        0, -0f, float.Epsilon, -float.Epsilon, 1e-39f, -1e-39f, 1.17549435e-38f, -1e-30f, 1e-20f, -1, 6, 3e38f, -3e38f,
        float.PositiveInfinity, float.NegativeInfinity, float.NaN,
    ];

    // Cases of all rows whose results are written down below; unlike the random ones they stay what they are.
    private static readonly KernelCase[] s_known =
    [
        Convolution(13, 17, 1, 9, 11, Window.Square(1), Clamp.Relu),
        Convolution(58, 58, 1, 7, 7, Window.Square(1), Clamp.None),
        Convolution(16, 9, 1, 5, 10, Window.Square(1), Clamp.Relu6),
        Convolution(5, 5, 5, 14, 14, Window.Square(3, padding: 1), Clamp.Relu),
        Convolution(3, 6, 3, 7, 9, Window.Square(3, padding: 1), Clamp.None),
        Convolution(4, 4, 4, 15, 29, Window.Square(3, stride: 2, padding: 1), Clamp.Relu6),
        Convolution(3, 3, 3, 28, 28, Window.Square(3, stride: 2, padding: 1), Clamp.None),
        Convolution(4, 8, 4, 13, 17, Window.Square(5, 2, 2), Clamp.Relu),
        Convolution(3, 24, 1, 21, 23, Window.Square(3, stride: 2, padding: 1), Clamp.Relu),
        Convolution(8, 12, 2, 10, 9, new Window(3, 2, 2, 1, 2, 0, 1, 3, 2, 3), Clamp.None),
        new ConvolutionMaxPoolCase(
            Convolution(3, 24, 1, 37, 35, Window.Square(3, stride: 2, padding: 1), Clamp.Relu), Window.Square(3, stride: 2, padding: 1))
            { Seed = 5 },
        Separable(3, 1),
        Separable(2, 2),
        Beginning(),
        new MaxPoolCase(3, 31, 37, Window.Square(3, stride: 2, padding: 1)) { Seed = 6 },
        new MaxPoolCase(3, 17, 12, new Window(2, 4, 1, 3)) { Seed = 7 },
        new AveragePoolCase(3, 19, 21, Window.Square(3, 2, 1), CountIncludePad: false) { Seed = 8 },
        new AveragePoolCase(3, 19, 21, Window.Square(4), CountIncludePad: true) { Seed = 9 },
        new GlobalAveragePoolCase(11, 49) { Seed = 10 },
        new GlobalAveragePoolCase(3, 1000) { Seed = 11 },
        new FullyConnectedCase(3, 1024, 100, HasBias: true, Clamp.None) { Seed = 12 },
        new FullyConnectedCase(1, 75, 21, HasBias: false, Clamp.Relu) { Seed = 13 },
        new MatrixProductCase(2, 7, 33, 150) { Seed = 24 },
        new MatrixProductCase(3, 1, 60, 70) { Seed = 25 },
        new ScaleShiftCase(2, 7, 49, HasScale: true, HasShift: true, Clamp.Relu) { Seed = 14 },
        new ScaleShiftCase(2, 7, 30, HasScale: false, HasShift: false, Clamp.Relu6) { Seed = 15 },
        .. ElementwiseCases.Known,
        .. IntegerCase.Known,
        new LogSoftmaxCase(5, 13) { Seed = 26 },
        new LogSoftmaxCase(2, 1500) { Seed = 27 },
        new HardmaxCase(5, 13) { Seed = 28 },
        .. Enumerable.Range(0, 4).Select(seed => ArgExtremeCase.Random(new Random(seed))),
        .. Enumerable.Range(0, 4).Select(seed => TopKCase.Random(new Random(seed))),
        .. Enumerable.Range(0, 8).Select(seed => CumulativeSumCase.Random(new Random(seed))),
        .. Enumerable.Range(0, 6).Select(seed => NormalizationCase.Random(new Random(seed))),
        .. Enumerable.Range(0, 3).Select(seed => LocalResponseCase.Random(new Random(seed))),
        .. ReductionCase.Known,
        .. IntegerReductionCase.Known,
        new SoftmaxCase(5, 1) { Seed = 17 },
        new SoftmaxCase(5, 13) { Seed = 18 },
        new SoftmaxCase(2, 3000) { Seed = 19 },
        new SoftmaxColumnsCase(2, 70, 37, IsLogarithm: false) { Seed = 19 },
        new SoftmaxColumnsCase(2, 70, 37, IsLogarithm: true) { Seed = 19 },
        new CopyCase(5, 13) { Seed = 20 },
        RearrangeCase.Random(new Random(21)),
        RearrangeCase.Random(new Random(22)),
        LookupCase.Random(new Random(31)),
        LookupCase.Random(new Random(32)),
        LookupCase.RandomPairs(new Random(33)),
        .. from seed in Enumerable.Range(0, 4) select NonMaxSuppressionCase.Random(new Random(seed)),
        new ConvertCase(2, 3, 45) { Seed = 23 },
        new MaxPoolIndicesCase(3, 17, 12, new Window(2, 4, 1, 3), ColumnMajor: true) { Seed = 29 },
        ResampleCase.Random(new Random(24)),
        ResampleCase.Random(new Random(25)),
        .. from seed in Enumerable.Range(30, 12) select CastCase.Random(new Random(seed)),
        .. from type in QuantizationNumbers.Types select new QuantizeCase(2, 33, 50, 3, type) { Seed = 26 },
        .. from type in QuantizationNumbers.Types select new DequantizeCase(2, 33, 50, 3, type) { Seed = 27 },
        .. from operation in Enumerable.Range(0, 3) select new LogicalCase(operation, 2, 9, (Repeated)operation) { Seed = 28 },
    ];

    // Winograd's kernels take none of the cases above; the kernels that those are written down for take these as well.
    private static readonly KernelCase[] s_knownOfWinograd =
    [
        Convolution(24, 24, 1, 14, 14, Window.Square(3, padding: 1), Clamp.Relu),
        Convolution(17, 21, 1, 50, 61, Window.Square(3, padding: 1), Clamp.None),
        Convolution(24, 22, 1, 7, 7, Window.Square(3, padding: 1), Clamp.Relu),
        Convolution(24, 26, 1, 9, 10, Window.Square(3), Clamp.Relu6),
    ];

    public static TheoryData<string> Names => [.. KernelTable.Rows.Select(row => row.Name).Distinct()];

    [Theory]
    [MemberData(nameof(Names))]
    public void Row_gives_the_same_bits_on_every_instruction_set(string name)
    {
        KernelRow[] rows = Reproducible(name);
        KernelChecks.ForAll(rows[0], TestSpeed.IsSlow ? 10 : 100, (_, problem) =>
        {
            for (int kind = 0; kind < 3; kind++)
            {
                float[] input = Input(problem, kind), expected = Run(rows[0], problem, input);
                foreach (KernelRow row in rows.Skip(1))
                {
                    float[] found = Run(row, problem, input);
                    for (int i = 0; i < expected.Length; i++)
                    {
                        Assert.True(
                            BitHash.BitsOf(expected[i]) == BitHash.BitsOf(found[i]),
                            $"Element {i}: {rows[0]} gives {expected[i]:R}, {row} {found[i]:R}.");
                    }
                }
            }
        });
    }

    // What differs here differs from another CPU's results: this is no value to write anew without a reason that the documentation of
    // determinism gives.
    [Theory]
    [InlineData("pointwise", "7EF99781722AA3B3")]
    [InlineData("depthwise-3x3", "A0A81DF30209C832")]
    [InlineData("depthwise-3x3-s2", "F34DCDF930EDD7C6")]
    [InlineData("depthwise-rows", "A792FC58160CE3B1")]
    [InlineData("depthwise", "A792FC58160CE3B1")]
    [InlineData("winograd-4", "E7572B00B8CD75D0")]
    [InlineData("winograd-2", "E241927CA2AAB50C")]
    [InlineData("general", "40CE2CDA46171EC3")]
    [InlineData("convolution-max-pool", "9EC5340982588260")]
    [InlineData("separable", "F4AB18E42BF1A246")]
    [InlineData("direct", "62A87CE65A4F9171")]
    [InlineData("max-pool-3x3-s2", "E02A98599C23EB33")]
    [InlineData("max-pool", "2271B2C3AEEB1D2E")]
    [InlineData("max-pool-direct", "2271B2C3AEEB1D2E")]
    [InlineData("average-pool", "788BA0F6E8D58A87")]
    [InlineData("average-pool-direct", "7693DA3064C29804")]
    [InlineData("global-average-pool", "CAA06B5D4E712BB4")]
    [InlineData("fully-connected", "EAF33CF00889AC20")]
    [InlineData("matrix-product", "5F2D9265240FC2FE")]
    [InlineData("scale-shift", "E7BB8ED451493144")]
    [InlineData("add", "0B6FD2FC026720B1")]
    [InlineData("relu", "4F693F8449AFD205")]
    [InlineData("relu6", "5BB5D2536367B125")]
    [InlineData("clip", "EA8761B08F799E8B")]
    [InlineData("leaky-relu", "8060ECD54963E296")]
    [InlineData("elu", "1C9DBFC43C488B61")]
    [InlineData("selu", "974E88D2FF22ADDB")]
    [InlineData("sigmoid", "4EF3C61928A836CA")]
    [InlineData("hard-sigmoid", "BEAF17DFFFC8D6C4")]
    [InlineData("hard-swish", "0D619A844E48C8B8")]
    [InlineData("silu", "980FA9AE0A2ED6DF")]
    [InlineData("tanh", "D27CF4A879092C01")]
    [InlineData("gelu", "ADBF7C4D26CB929A")]
    [InlineData("gelu-tanh", "0ABF74A404958E9A")]
    [InlineData("softplus", "AAD418CA35A420BC")]
    [InlineData("mish", "71A77833BFDF7487")]
    [InlineData("exp", "F5BDD9CC560B9E49")]
    [InlineData("log", "2661308145EA374E")]
    [InlineData("sqrt", "5645DAE1FCD7F03D")]
    [InlineData("abs", "98127BAA721B5676")]
    [InlineData("neg", "E087B99347174696")]
    [InlineData("reciprocal", "DA958D8C2CB29059")]
    [InlineData("floor", "A265C0FB6C71F816")]
    [InlineData("ceil", "D673496FF1054291")]
    [InlineData("round", "3B4255A4CA97E575")]
    [InlineData("erf", "B6A1AC726FAE7B3B")]
    [InlineData("sub", "F239C6620C86A13E")]
    [InlineData("mul", "B131E6D19E2AAA93")]
    [InlineData("div", "2B020E46141CA78F")]
    [InlineData("pow", "BFD2620637B2FA58")]
    [InlineData("min", "B88F6CC8D4CC54EA")]
    [InlineData("max", "4B7C862448B7A6B4")]
    [InlineData("prelu", "DB1BBF6DD45B8E7D")]
    [InlineData("equal", "75A02782AC189B19")]
    [InlineData("less", "8FC99A3B1A9E12BA")]
    [InlineData("less-or-equal", "67D0C93F0374860B")]
    [InlineData("greater", "7732C563B1EA1338")]
    [InlineData("greater-or-equal", "150B7EB506E8EDED")]
    [InlineData("sign", "22EABFB520368DD7")]
    [InlineData("softsign", "703A45888172DA6A")]
    [InlineData("thresholded-relu", "DEE688910502A0ED")]
    [InlineData("shrink", "7DC1B2584E03849C")]
    [InlineData("celu", "B75C05B21BDA5513")]
    [InlineData("sin", "FFE7BB0B2BA8BFF4")]
    [InlineData("cos", "64D7304796955BD5")]
    [InlineData("tan", "E7F7AAB6890ACECD")]
    [InlineData("asin", "3456D4BBD4078748")]
    [InlineData("acos", "F7BA7953237F50F2")]
    [InlineData("atan", "3D7AA3518E3C5F2A")]
    [InlineData("sinh", "A09510C592215135")]
    [InlineData("cosh", "9F902C5B52CF77D4")]
    [InlineData("asinh", "CD315FF6281AB236")]
    [InlineData("acosh", "4C367C8421B1946C")]
    [InlineData("atanh", "50B79B0512DA6B69")]
    [InlineData("mod", "4FF84924E3B89021")]
    [InlineData("fmod", "3EB81BB973F2BDDA")]
    [InlineData("unordered", "4FB0F491F5B6A93B")]
    [InlineData("select", "C8522FE307275212")]
    [InlineData("select-elements", "3E0201265054E09C")]
    [InlineData("integer", "5528D71FA03FFC7F")]
    [InlineData("reduce", "A4BADC5CA77DBB67")]
    [InlineData("reduce-integers", "5C58E558E430EE9F")]
    [InlineData("softmax", "B7ED13F45AD0B5AA")]
    [InlineData("softmax-columns", "DDB27B9CFC0A46DA")]
    [InlineData("log-softmax", "D75FA3E1FF73662D")]
    [InlineData("hardmax", "72BD3AD33EFE7EE6")]
    [InlineData("arg-extreme", "766079D424FA681C")]
    [InlineData("top-k", "7718310A63D293FB")]
    [InlineData("cumulative-sum", "F9CA66AD5AD4A864")]
    [InlineData("normalize", "DD22B923B35DDB90")]
    [InlineData("local-response", "D4D4BF68EBFBF80F")]
    [InlineData("copy", "C073DCA2E501905B")]
    [InlineData("rearrange", "90B7D37E34B94015")]
    [InlineData("lookup", "C00C7D01F5A5A62F")]
    [InlineData("non-max-suppression", "AE9496903D0F5CA3")]
    [InlineData("convert", "909B9C1E6B993AF2")]
    [InlineData("resample", "4F7ABE7D0E9625B9")]
    [InlineData("max-pool-indices", "DC49B137659D249A")]
    [InlineData("cast", "7A04D18E2F5E254A")]
    [InlineData("quantize", "D18E01FE65440558")]
    [InlineData("dequantize", "31B263106C9B30E2")]
    [InlineData("logical", "FECF9CCA2FAD15CF")]
    public void Row_gives_the_bits_that_every_CPU_gives(string name, string expected)
    {
        foreach (KernelRow row in Reproducible(name))
        {
            KernelCase[] known = name.StartsWith("winograd", StringComparison.Ordinal) ? s_knownOfWinograd : s_known;
            KernelCase[] cases = [.. known.Where(problem => problem.IsAcceptedBy(row))];
            Assert.NotEmpty(cases);
            using var hash = new BitHash();
            foreach (KernelCase problem in cases)
            {
                for (int kind = 0; kind < 3; kind++)
                {
                    hash.Add(Run(row, problem, Input(problem, kind)));
                }
            }

            Assert.Equal($"{row.Isa} {expected}", $"{row.Isa} {hash}");
        }
    }

    [Fact]
    public void Every_row_has_bits_that_are_written_down() => Assert.Equal(
        KernelTable.Rows.Select(row => row.Name).Distinct().Order(StringComparer.Ordinal),
        typeof(KernelBitsTests).GetMethod(nameof(Row_gives_the_bits_that_every_CPU_gives))!
            .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false)
            .Select(data => (string)((InlineDataAttribute)data).Data[0]!).Order(StringComparer.Ordinal));

    // Where the portable rows round products by themselves they give other bits, and say so; but they are the same kernels.
    private static KernelRow[] Reproducible(string name)
    {
        Assert.All(Isas.Supported, isa => Assert.True(isa == Isa.Portable || Isas.IsReproducible(isa)));
        KernelRow[] rows =
            [.. KernelTable.Rows.Where(row => row.Name == name && Isas.IsSupported(row.Isa) && Isas.IsReproducible(row.Isa))];
        Assert.SkipWhen(rows.Length == 0, "This process has vectors without a fused multiply-add.");
        return rows;
    }

    private static float[] Input(KernelCase problem, int kind)
    {
        if (kind < 2 || problem.HasPlaces)
        {
            return (problem with { HasSpecialNumbers = kind == 1 }).MakeInput();
        }

        var random = new Random(problem.Seed);
        float[] extremes = s_extremes[..random.Next(4, s_extremes.Length + 1)];
        return random.GetItems(extremes, problem.Inputs.Elements);
    }

    private static float[] Run(KernelRow row, KernelCase problem, float[] input)
    {
        BoundKernel kernel = problem.Bind(row, new PackedWeights());
        using var memory = new ScatteredMemory(problem, kernel, input, 1, new Random(problem.Seed));
        kernel.Run(memory.Arguments(0), 0, kernel.TaskCount);
        GC.KeepAlive(kernel);
        return memory.ReadOutputs();
    }

    private static SeparableCase Separable(int batch, int stride)
    {
        var depthwise = new ConvolutionGeometry(22, 22, 22, 23, 31, Window.Square(3, stride, 1));
        return new SeparableCase(
            Convolution(9, 22, 1, 23, 31, Window.Square(1), Clamp.Relu6) with { Batch = batch },
            new ConvolutionCase(batch, depthwise, HasBias: true, Clamp.Relu) { Seed = 40, Workers = 2 },
            Convolution(22, 13, 1, depthwise.OutputHeight, depthwise.OutputWidth, Window.Square(1), Clamp.None) with
            {
                Batch = batch,
                HasResidual = stride == 1,
            })
        { Seed = 41 };
    }

    private static SeparableCase Beginning() => new(
        Convolution(3, 22, 1, 45, 37, Window.Square(3, stride: 2, padding: 1), Clamp.Relu6),
        Convolution(22, 22, 22, 23, 19, Window.Square(3, padding: 1), Clamp.Relu),
        Convolution(22, 13, 1, 23, 19, Window.Square(1), Clamp.None))
    { Seed = 42 };

    private static ConvolutionCase Convolution(int inputs, int outputs, int groups, int height, int width, Window window, Clamp clamp) =>
        new(2, new ConvolutionGeometry(inputs, outputs, groups, height, width, window), HasBias: true, clamp)
        {
            Seed = (100 * inputs) + outputs,
        };
}
