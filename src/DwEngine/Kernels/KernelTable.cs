using System.Collections.Concurrent;
using System.Collections.Immutable;
using DwEngine.Kernels.Axis;
using DwEngine.Kernels.Convolutions;
using DwEngine.Kernels.Dense;
using DwEngine.Kernels.Elementwise;
using DwEngine.Kernels.Integers;
using DwEngine.Kernels.Layout;
using DwEngine.Kernels.Normalization;
using DwEngine.Kernels.Planewise;
using DwEngine.Kernels.Pooling;
using DwEngine.Kernels.Reductions;
using DwEngine.Kernels.Resampling;
using DwEngine.Kernels.Selection;
using DwEngine.Simd;

namespace DwEngine.Kernels;

/// <summary>
/// Every fast kernel, once for each instruction set. Dispatch, the property tests and the benchmarks all walk this table, so a
/// new kernel is a new line in <see cref="RowsOf{TVector, TNarrow}"/>; among the rows that accept a problem the
/// first wins. Elementwise operators have a table of their own, <see cref="OperatorTable"/>, which this one contains.
/// </summary>
internal static class KernelTable
{
    private static readonly ConcurrentDictionary<Isa, KernelRow[]> s_rows = new();

    /// <summary>All rows, also those that this CPU cannot run.</summary>
    public static ImmutableArray<KernelRow> Rows => field.IsDefault
        ? field =
        [
            .. from isa in new[] { Isa.Avx512, Isa.Avx2, Isa.Neon, Isa.Portable }
               from row in RowsOf(isa).Concat(OperatorTable.Entries.Select(entry => entry.RowOf(isa)))
               select row,
        ]
        : field;

    /// <summary>The first kernel of <paramref name="isa"/> that accepts the problem.</summary>
    /// <exception cref="GraphException">No row accepts it.</exception>
    public static KernelRow<TProblem> Select<TProblem>(Isa isa, TProblem problem) =>
        Find(isa, problem) ?? throw new GraphException($"No {isa} kernel accepts {problem}.");

    /// <summary>The first kernel of <paramref name="isa"/> that accepts the problem, or null.</summary>
    public static KernelRow<TProblem>? Find<TProblem>(Isa isa, TProblem problem)
    {
        // The kernels of elementwise operators are many types, of which a network loads those that it needs.
        IEnumerable<KernelRow> rows = problem is IElementwiseProblem own ? [own.Entry.RowOf(isa)] : RowsOf(isa);
        return rows.OfType<KernelRow<TProblem>>().FirstOrDefault(row => row.Accepts(problem));
    }

    // Made when they are first asked for: a process that uses one instruction set need not load the types of the others.
    private static KernelRow[] RowsOf(Isa isa) => s_rows.GetOrAdd(isa, static key => key switch
    {
        Isa.Avx512 => RowsOf<Avx512Vector, Avx2Vector>(),
        Isa.Avx2 => RowsOf<Avx2Vector, Avx2Vector>(),
        Isa.Neon => RowsOf<NeonVector, NeonVector>(),
        _ => RowsOf<PortableVector, PortableVector>(),
    });

    /// <summary>Every kernel over one vocabulary of vectors.</summary>
    public static KernelRow[] RowsOf<TVector, TNarrow>()
        where TVector : struct, IVector<TVector>
        where TNarrow : struct, IVector<TNarrow> =>
    [
        new PointwiseKernel<TVector, TNarrow>(),
        new Depthwise3x3Kernel<TVector>(),
        new Depthwise3x3Stride2Kernel<TVector>(),
        new DepthwiseRowsKernel<TVector, TNarrow>(),
        new DepthwiseKernel<TVector>(),
        new WinogradKernel<TVector, TNarrow, Winograd4>(),
        new WinogradKernel<TVector, TNarrow, Winograd2>(),
        new GeneralConvolutionKernel<TVector, TNarrow>(),
        new DirectConvolutionKernel<TVector>(),
        new ConvolutionMaxPoolKernel<TVector, TNarrow>(),
        new SeparableKernel<TVector, TNarrow>(),
        new MaxPool3x3Stride2Kernel<TVector>(),
        new MaxPoolKernel<TVector>(),
        new DirectMaxPoolKernel<TVector>(),
        new AveragePoolKernel<TVector>(),
        new DirectAveragePoolKernel<TVector>(),
        new GlobalAveragePoolKernel<TVector>(),
        new FullyConnectedKernel<TVector>(),
        new MatrixProductKernel<TVector>(),
        new ScaleShiftKernel<TVector>(),
        new SelectKernel<TVector>(),
        new SelectElementsKernel<TVector>(),
        new IntegerKernel<TVector>(),
        new SoftmaxKernel<TVector>(),
        new SoftmaxColumnsKernel<TVector>(),
        new LogSoftmaxKernel<TVector>(),
        new HardmaxKernel<TVector>(),
        new ArgExtremeKernel<TVector>(),
        new TopKKernel<TVector>(),
        new CumulativeSumKernel<TVector>(),
        new NormalizationKernel<TVector>(),
        new LocalResponseKernel<TVector>(),
        new ReductionKernel<TVector>(),
        new IntegerReductionKernel<TVector>(),
        new CopyKernel<TVector>(),
        new RearrangeKernel<TVector>(),
        new LookupKernel<TVector>(),
        new ConvertKernel<TVector>(),
        new ResampleKernel<TVector>(),
        new ScalarKernel<TVector, MaxPoolIndicesProblem>("max-pool-indices", static problem => new MaxPoolIndicesKernel(problem)),
        new ScalarKernel<TVector, CastProblem>("cast", static problem => new CastKernel(problem)),
        new ScalarKernel<TVector, QuantizeProblem>("quantize", static problem => new QuantizeKernel(problem)),
        new ScalarKernel<TVector, DequantizeProblem>("dequantize", static problem => new DequantizeKernel(problem)),
        new ScalarKernel<TVector, NonMaxSuppressionProblem>(
            "non-max-suppression", static problem => new NonMaxSuppressionKernel(problem)),
        new ScalarKernel<TVector, LogicalProblem>("logical", static problem => new LogicalKernel(problem)),
    ];
}
