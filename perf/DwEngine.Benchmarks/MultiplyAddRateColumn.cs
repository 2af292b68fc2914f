using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace DwEngine.Benchmarks;

/// <summary>The rate of a kernel or a network in 10^9 multiply-adds a second, which compares with the peak of the CPU.</summary>
internal sealed class MultiplyAddRateColumn : IColumn
{
    public string Id => nameof(MultiplyAddRateColumn);

    public string ColumnName => "GMAC/s";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => "10^9 multiply-adds a second";

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(benchmark => MultiplyAdds(benchmark) > 0);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => MultiplyAdds(benchmarkCase) == 0;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, summary.Style);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) =>
        MultiplyAdds(benchmarkCase) is > 0 and long multiplyAdds && summary[benchmarkCase]?.ResultStatistics is { Mean: > 0 } statistics
            ? (multiplyAdds / statistics.Mean).ToString("0.0", CultureInfo.InvariantCulture)
            : "-";

    private static long MultiplyAdds(BenchmarkCase benchmark) =>
        benchmark.Parameters[nameof(KernelBenchmarks.Case)] is KernelOnProblem kernel
        ? kernel.Problem.MultiplyAdds
        : benchmark.Parameters[nameof(NetworkBenchmarks.Model)] is string network ? Networks.MultiplyAdds(network) : 0;
}
