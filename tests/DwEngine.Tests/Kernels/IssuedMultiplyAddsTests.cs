using DwEngine.Kernels;
using DwEngine.Simd;
using DwEngine.Testing;
using DwEngine.Tests.Kernels.Cases;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>What kernels say of the multiply-adds that they issue, against what they do.</summary>
public class IssuedMultiplyAddsTests
{
    private static readonly KernelRow[] s_counting = [.. Isas.Supported.SelectMany(CountingRows)];

    public static TheoryData<int, string> Counting
    {
        get
        {
            var data = new TheoryData<int, string>();
            for (int i = 0; i < s_counting.Length; i++)
            {
                data.Add(i, s_counting[i].ToString());
            }

            return data;
        }
    }

    public static TheoryData<int> AllRows => [.. Enumerable.Range(0, KernelTable.Rows.Length)];

    [Theory]
    [MemberData(nameof(Counting))]
    public void A_kernel_issues_what_it_says(int row, string name)
    {
        Assert.Equal(name, s_counting[row].ToString());
        KernelChecks.ForAll(s_counting[row], TestSpeed.IsSlow ? 15 : 60, (subject, problem) =>
        {
            BoundKernel kernel = problem.Bind(subject, new PackedWeights());
            if (kernel.IssuedMultiplyAdds is not { } issued)
            {
                return;
            }

            using var memory = new ScatteredMemory(problem, kernel, problem.MakeInput(), 1, new Random(problem.Seed));
            KernelArguments arguments = memory.Arguments(0);
            Assert.Equal(LaneCounter.Count(() => kernel.Run(arguments, 0, kernel.TaskCount)), issued);
            GC.KeepAlive(kernel);
        });
    }

    // Asks for the arithmetic alone, so the rows that this CPU cannot run are asked too.
    [Theory]
    [MemberData(nameof(AllRows))]
    public void No_kernel_issues_less_than_it_must(int row) => KernelChecks.ForAll(row, 60, (subject, problem) =>
    {
        long? issued = problem.Bind(subject, new PackedWeights()).IssuedMultiplyAdds;
        // A kernel that walks the taps on pixels alone issues none on padding, which the layer counts, and says nothing.
        Assert.Equal(problem.MultiplyAdds > 0 && subject.Name != "direct", issued is not null);
        // One that passes over whole rows of padding issues less only for them. A tile of Winograd's takes 16 products for 4 outputs of
        // 9 taps, or 36 for 16.
        double share = subject.Name switch { "depthwise-rows" => 0, "winograd-2" => 16.0 / 36, "winograd-4" => 36.0 / 144, _ => 1 };
        Assert.True(issued is null || issued >= share * problem.MultiplyAdds, $"{issued} issued, {problem.MultiplyAdds} defined");
    });

    // 58 channels are five panels of eight and three of six. 49 = 48 + 1 pixels: the one takes eight vectors for the panels of eight and as
    // many for those of six; with vectors of four the panels of eight take twice as many.
    [Theory]
    [InlineData(Isa.Avx512, 7, 7, 58, ((58 * 48) + (2 * 64)) * 10)]
    [InlineData(Isa.Avx2, 7, 7, 58, ((58 * 48) + (2 * 64)) * 10)]
    [InlineData(Isa.Neon, 7, 7, 58, ((58 * 48) + (3 * 32)) * 10)]
    // 50 = 48 + 2 pixels: the two cost as much as four; with vectors of four the sweep takes 52.
    [InlineData(Isa.Avx512, 5, 10, 58, ((58 * 48) + (5 * 8 * 8)) * 10)]
    [InlineData(Isa.Avx2, 5, 10, 58, ((58 * 48) + (5 * 8 * 8)) * 10)]
    [InlineData(Isa.Portable, 5, 10, 58, 58 * 52 * 10)]
    // 60 pixels are more than half of the fourth vector; five channels are a tile of six.
    [InlineData(Isa.Avx512, 6, 10, 5, 6 * 64 * 10)]
    [InlineData(Isa.Avx512, 4, 4, 16, 16 * 16 * 10)]
    [InlineData(Isa.Avx2, 4, 4, 15, 16 * 16 * 10)]
    [InlineData(Isa.Avx2, 4, 4, 3, 4 * 16 * 10)]
    public void Pointwise_by_hand(Isa isa, int height, int width, int outputs, long expected) =>
        Assert.Equal(expected, Issued("pointwise", isa, new ConvolutionGeometry(10, outputs, 1, height, width, Window.Square(1))));

    [Theory]
    // A plane of 14 x 14 is 13 vectors of 16; rows of 14 and of 7 are a vector each.
    [InlineData("depthwise-3x3", Isa.Avx512, 14, 1, 3 * 9 * 208)]
    [InlineData("depthwise-3x3", Isa.Neon, 14, 1, 3 * 9 * 196)]
    [InlineData("depthwise-3x3-s2", Isa.Avx512, 28, 2, 3 * 9 * 14 * 16)]
    [InlineData("depthwise-3x3-s2", Isa.Avx2, 14, 2, 3 * 9 * 7 * 8)]
    [InlineData("depthwise-rows", Isa.Avx512, 14, 1, 3 * 9 * 14 * 16)]
    [InlineData("depthwise-rows", Isa.Avx512, 14, 2, 3 * 3 * 21 * 8)]
    [InlineData("depthwise", Isa.Avx512, 14, 1, 3 * 9 * 208)]
    public void Depthwise_by_hand(string kernel, Isa isa, int side, int stride, long expected) =>
        Assert.Equal(expected, Issued(kernel, isa, new ConvolutionGeometry(3, 3, 3, side, side, Window.Square(3, stride, padding: 1))));

    // Nine outputs are two blocks of eight, three of four or five of two; 20 inputs are two chunks of 16.
    [Theory]
    [InlineData(Isa.Avx512, 16)]
    [InlineData(Isa.Avx2, 12)]
    [InlineData(Isa.Portable, 10)]
    public void Fully_connected_by_hand(Isa isa, long rows) => Assert.Equal(
        2 * rows * 32, Issued("fully-connected", isa, new FullyConnectedCase(2, 20, 9, HasBias: true, Clamp.None) { Seed = 1 }));

    private static long? Issued(string kernel, Isa isa, ConvolutionGeometry geometry) =>
        Issued(kernel, isa, new ConvolutionCase(1, geometry, HasBias: true, Clamp.None) { Seed = 1 });

    private static long? Issued(string kernel, Isa isa, KernelCase problem) =>
        problem.Bind(KernelTable.Rows.Single(row => row.Name == kernel && row.Isa == isa), new PackedWeights()).IssuedMultiplyAdds;

    private static KernelRow[] CountingRows(Isa isa) => isa switch
    {
        Isa.Avx512 => KernelTable.RowsOf<
            CountingVector<Avx512Vector>, CountingVector<Avx2Vector>>(),
        Isa.Avx2 => CountingRows<Avx2Vector>(),
        Isa.Neon => CountingRows<NeonVector>(),
        _ => CountingRows<PortableVector>(),
    };

    private static KernelRow[] CountingRows<TVector>()
        where TVector : struct, IVector<TVector> =>
        KernelTable.RowsOf<CountingVector<TVector>, CountingVector<TVector>>();
}
