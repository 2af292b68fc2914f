using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Reports;
using DwEngine.Benchmarks;
using Perfolizer.Horology;

// Short iterations: a kernel runs thousands of times in one, and there are hundreds of benchmarks. --job on the command line asks for others.
IConfig config = ManualConfig.Create(DefaultConfig.Instance)
    .AddColumn(new MultiplyAddRateColumn())
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(80));
if (!args.Any(argument => argument is "--job" or "-j"))
{
    config = config.AddJob(Job.Default
        .WithWarmupCount(3).WithIterationCount(10).WithIterationTime(TimeInterval.FromMilliseconds(50)).AsDefault());
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
