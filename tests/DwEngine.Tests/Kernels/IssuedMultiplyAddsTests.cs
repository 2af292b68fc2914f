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
    public void Kernels_issue_what_they_must_and_no_more_than_they_may(int row) => KernelChecks.ForAll(row, 60, (subject, problem) =>
    {
        long? issued = problem.Bind(subject, new PackedWeights()).IssuedMultiplyAdds;
        // A kernel that walks the taps on pixels alone issues none on padding, which the layer counts, and says nothing.
        Assert.Equal(problem.MultiplyAdds > 0 && subject.Name != "direct", issued is not null);
        (long least, long most) = Bounds(subject, problem);
        Assert.True(issued is null || (issued >= least && issued <= most), $"{issued} issued, expected {least} to {most}");
    });

    // 32 x 32 outputs are 64 tiles of 4 x 4 in both directions of which nothing is lost; 8 x 8 outputs are 16 of 2 x 2. 30 x 29 outputs are
    // as many as 32 x 32. F(4, 3) takes 6 multiply-adds for each of the 12 lines of a tile that is transformed, and 3 for each of the 10
    // lines of an outcome; F(2, 3) none.
    [Theory]
    [InlineData("winograd-4", Isa.Avx512, 32, 32, 64 * ((36 * 24 * 48) + (24 * 12 * 6) + (48 * 10 * 3)))]
    [InlineData("winograd-4", Isa.Avx2, 32, 32, 64 * ((36 * 24 * 48) + (24 * 12 * 6) + (48 * 10 * 3)))]
    [InlineData("winograd-4", Isa.Neon, 32, 32, 64 * ((36 * 24 * 48) + (24 * 12 * 6) + (48 * 10 * 3)))]
    [InlineData("winograd-4", Isa.Avx512, 30, 29, 64 * ((36 * 24 * 48) + (24 * 12 * 6) + (48 * 10 * 3)))]
    [InlineData("winograd-2", Isa.Avx512, 8, 8, 16 * 16 * 24 * 48)]
    [InlineData("winograd-2", Isa.Avx2, 8, 8, 16 * 16 * 24 * 48)]
    [InlineData("winograd-2", Isa.Portable, 7, 8, 16 * 16 * 24 * 48)]
    public void Winograd_by_hand(string kernel, Isa isa, int height, int width, long expected) =>
        Assert.Equal(expected, Issued(kernel, isa, new ConvolutionGeometry(24, 48, 1, height, width, Window.Square(3, padding: 1))));

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
    [InlineData("depthwise-rows", Isa.Avx2, 14, 1, 3 * 9 * 14 * 16)]
    [InlineData("depthwise-rows", Isa.Neon, 14, 2, 3 * 3 * 21 * 8)]
    // A row is read for each of the kernel's rows; of those with stride 2 the even ones for three or four, the odd ones for one less.
    [InlineData("depthwise-rows", Isa.Avx512, 14, 1, 3 * 5 * 5 * 14 * 16, 5)]
    [InlineData("depthwise-rows", Isa.Avx512, 14, 2, 3 * 5 * ((7 * 3) + (7 * 2)) * 8, 5)]
    [InlineData("depthwise-rows", Isa.Avx2, 14, 1, 3 * 7 * 7 * 14 * 16, 7)]
    [InlineData("depthwise-rows", Isa.Avx2, 14, 2, 3 * 7 * ((7 * 3) + (7 * 4)) * 8, 7)]
    [InlineData("depthwise", Isa.Avx512, 14, 1, 3 * 9 * 208)]
    public void Depthwise_by_hand(string kernel, Isa isa, int side, int stride, long expected, int size = 3) => Assert.Equal(
        expected,
        Issued(kernel, isa, new ConvolutionGeometry(3, 3, 3, side, side, Window.Square(size, stride, padding: size / 2))));

    // Nine outputs are two blocks of eight, three of four or five of two; 20 inputs are two chunks of 16.
    [Theory]
    [InlineData(Isa.Avx512, 16)]
    [InlineData(Isa.Avx2, 12)]
    [InlineData(Isa.Portable, 10)]
    public void Fully_connected_by_hand(Isa isa, long rows) => Assert.Equal(
        2 * rows * 32, Issued("fully-connected", isa, new FullyConnectedCase(2, 20, 9, HasBias: true, Clamp.None) { Seed = 1 }));

    // What a kernel must issue at least, and, where that does not follow from the sizes of panels and tiles, at most.
    private static (long Least, long Most) Bounds(KernelRow row, KernelCase problem)
    {
        if (problem is not ConvolutionCase { Geometry: var geometry, Batch: var batch })
        {
            return (problem.MultiplyAdds, long.MaxValue);
        }

        switch (row.Name)
        {
            case "depthwise-rows":
                // Rows of padding are passed over. A row that exists is multiplied with each kernel row that it could meet, also for
                // outputs above the first and below the last.
                Window window = geometry.Window;
                int least = 0, most = 0;
                for (int padded = window.PadTop; padded < window.PadTop + geometry.InputHeight; padded++)
                {
                    int[] kernelRows = [.. Enumerable.Range(0, window.KernelHeight).Where(k => (padded - k) % window.StrideY == 0)];
                    int seen = kernelRows.Count(k => padded >= k && (padded - k) / window.StrideY < geometry.OutputHeight);
                    least += seen;
                    // With stride 2 two rows are taken at a time, the second also where only the first is seen.
                    bool isTaken = padded / window.StrideY <= geometry.OutputHeight - 1 + ((window.KernelHeight - 1) / window.StrideY);
                    most += isTaken ? kernelRows.Length : 0;
                }

                int columns = ((geometry.OutputWidth - 1) / LanesOf(row.Isa) * LanesOf(row.Isa)) + LanesOf(row.Isa);
                long planes = (long)batch * geometry.OutputChannels * window.KernelWidth;
                return (planes * least * geometry.OutputWidth, planes * most * columns);
            case "winograd-2" or "winograd-4":
                // A product for each pair of channels and place in a tile, and the transforms.
                long outputs = row.Name == "winograd-4" ? 4 : 2, side = outputs + 2, transformed = row.Name == "winograd-4" ? 6 : 0;
                long tiles = batch * ((geometry.OutputHeight + outputs - 1) / outputs) * ((geometry.OutputWidth + outputs - 1) / outputs);
                return (
                    tiles * ((side * side * geometry.InputChannels * geometry.OutputChannels)
                        + (2 * side * transformed * geometry.InputChannels)
                        + ((side + outputs) * transformed / 2 * geometry.OutputChannels)),
                    long.MaxValue);
            default:
                return (problem.MultiplyAdds, long.MaxValue);
        }
    }

    private static int LanesOf(Isa isa) => isa switch { Isa.Avx512 => 16, Isa.Avx2 => 8, _ => 4 };

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
