using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.Intrinsics;
using DwEngine.Kernels.Convolutions;
using DwEngine.Kernels.Dense;
using DwEngine.Kernels.Elementwise;
using DwEngine.Kernels.Layout;
using DwEngine.Kernels.Planewise;
using DwEngine.Kernels.Pooling;
using DwEngine.Simd;

namespace DwEngine.Kernels;

/// <summary>
/// Every fast kernel, once for each instruction set. Dispatch, the property tests and the benchmarks all walk this table, so a
/// new kernel is a new line in <see cref="RowsOf{TSimd, TVector, TNarrow, TNarrowVector}"/>; among the rows that accept a problem the
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
    /// <exception cref="NotSupportedException">No row accepts it.</exception>
    public static KernelRow<TProblem> Select<TProblem>(Isa isa, TProblem problem) =>
        Find(isa, problem) ?? throw new NotSupportedException($"No {isa} kernel accepts {problem}.");

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
        Isa.Avx512 => RowsOf<Avx512Simd, Vector512<float>, Avx2Simd, Vector256<float>>(),
        Isa.Avx2 => RowsOf<Avx2Simd, Vector256<float>, Avx2Simd, Vector256<float>>(),
        Isa.Neon => RowsOf<NeonSimd, Vector128<float>, NeonSimd, Vector128<float>>(),
        _ => RowsOf<PortableSimd, Vector128<float>, PortableSimd, Vector128<float>>(),
    });

    /// <summary>Every kernel over one vocabulary of vectors.</summary>
    public static KernelRow[] RowsOf<TSimd, TVector, TNarrow, TNarrowVector>()
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TNarrow : struct, ISimd<TNarrowVector>
        where TNarrowVector : struct =>
    [
        new PointwiseKernel<TSimd, TVector, TNarrow, TNarrowVector>(),
        new Depthwise3x3Kernel<TSimd, TVector>(),
        new Depthwise3x3Stride2Kernel<TSimd, TVector>(),
        new DepthwiseKernel<TSimd, TVector>(),
        new GeneralConvolutionKernel<TSimd, TVector, TNarrow, TNarrowVector>(),
        new DirectConvolutionKernel<TSimd, TVector>(),
        new ConvolutionMaxPoolKernel<TSimd, TVector, TNarrow, TNarrowVector>(),
        new MaxPool3x3Stride2Kernel<TSimd, TVector>(),
        new MaxPoolKernel<TSimd, TVector>(),
        new DirectMaxPoolKernel<TSimd, TVector>(),
        new AveragePoolKernel<TSimd, TVector>(),
        new DirectAveragePoolKernel<TSimd, TVector>(),
        new GlobalAveragePoolKernel<TSimd, TVector>(),
        new FullyConnectedKernel<TSimd, TVector>(),
        new ScaleShiftKernel<TSimd, TVector>(),
        new SelectKernel<TSimd, TVector>(),
        new SoftmaxKernel<TSimd, TVector>(),
        new CopyKernel<TSimd, TVector>(),
        new RearrangeKernel<TSimd, TVector>(),
        new ConvertKernel<TSimd, TVector>(),
    ];
}
