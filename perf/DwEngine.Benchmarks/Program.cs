using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using DwEngine.Benchmarks;
using DwEngine.Benchmarks.InnerLoops;
using DwEngine.Benchmarks.Roofline;
using Perfolizer.Horology;

if (InnerLoopCommand.IsAskedFor(args))
{
    return InnerLoopCommand.Run(args);
}

if (RooflineCommand.IsAskedFor(args))
{
    return RooflineCommand.Run(args, Console.Out, Console.Error);
}

// BenchmarkDotNet's options (--help), but for --disasm: its disassembler does not find the instances of generic methods that kernels are,
// so the JIT is asked to list the methods of all kernels.
const string Disassembly = "--disasm";
string listing = Path.GetFullPath("BenchmarkDotNet.Artifacts/kernels.asm");
if (args.Contains(Disassembly))
{
    File.Delete(listing);
    args =
    [
        .. args.Where(argument => argument != Disassembly),
        "--envVars", "DOTNET_JitDisasm:DwEngine.Kernels.*:*", $"DOTNET_JitStdOutFile:{listing}", "DOTNET_TieredCompilation:0",
    ];
}

// Short iterations: a kernel runs thousands of times in one, and there are hundreds of benchmarks. --job on the command line asks for
// others.
IConfig config = ManualConfig.Create(DefaultConfig.Instance)
    .AddColumn(new MultiplyAddRateColumn())
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(100));
if (!args.Any(argument => argument is "--job" or "-j"))
{
    config = config.AddJob(Job.Default
        .WithWarmupCount(3).WithIterationCount(10).WithIterationTime(TimeInterval.FromMilliseconds(50)).AsDefault());
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
if (File.Exists(listing))
{
    Console.WriteLine($"Disassembly: {listing}");
}

return 0;
