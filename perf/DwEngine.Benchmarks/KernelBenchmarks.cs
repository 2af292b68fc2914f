using BenchmarkDotNet.Attributes;
using DwEngine.Kernels;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Benchmarks;

/// <summary>A row of the kernel table and a problem that it accepts.</summary>
public sealed class KernelOnProblem
{
    internal KernelOnProblem(KernelRow row, RecordedProblem problem)
    {
        Row = row;
        Problem = problem;
    }

    internal KernelRow Row { get; }

    internal RecordedProblem Problem { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Row}: {Problem.Name}";
}

/// <summary>
/// Every row of the kernel table that this CPU can run, on every problem of the networks that the row accepts, on one thread.
/// </summary>
[MemoryDiagnoser]
public unsafe class KernelBenchmarks
{
    private readonly List<AlignedBuffer> _memory = [];
    private BoundKernel? _kernel;
    private KernelArguments _arguments;

    public static IEnumerable<KernelOnProblem> Cases { get; } =
    [
        .. from problem in Networks.Names.Select(Networks.Build)
               .Concat([Networks.BuildOtherLayers(), Networks.BuildElementwise(), Networks.BuildAlongAxes()])
               .SelectMany(graph => RecordedProblem.Of(Networks.Optimize(graph))).DistinctBy(problem => problem.Name)
           from row in KernelTable.Rows
           where Isas.IsSupported(row.Isa) && problem.IsAcceptedBy(row)
           select new KernelOnProblem(row, problem),
    ];

    [ParamsSource(nameof(Cases))]
    public KernelOnProblem? Case { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        RecordedProblem problem = Case!.Problem;
        _kernel = problem.Bind(Case.Row);
        var random = new Random(1);
        _arguments = new KernelArguments(
            Table(problem.Inputs, random), Table(problem.Outputs, random), (byte*)Allocate(_kernel.ScratchBytes).Pointer);
    }

    [GlobalCleanup]
    public void Cleanup() => _memory.ForEach(buffer => buffer.Dispose());

    [Benchmark]
    public void Run() => _kernel!.Run(_arguments, 0, _kernel.TaskCount);

    private byte** Table(int[] byteLengths, Random random)
    {
        var pointers = (byte**)Allocate(byteLengths.Length * sizeof(byte*)).Pointer;
        AlignedBuffer planes = Allocate(byteLengths.Sum(length => PlaneLayout.RoundUpBytes(length)) + PlaneLayout.ReadAheadBytes);
        foreach (ref float value in planes.AsSpan())
        {
            value = (random.NextSingle() * 2) - 1;
        }

        byte* next = (byte*)planes.Pointer;
        for (int i = 0; i < byteLengths.Length; i++)
        {
            pointers[i] = next;
            next += PlaneLayout.RoundUpBytes(byteLengths[i]);
        }

        return pointers;
    }

    private AlignedBuffer Allocate(long bytes)
    {
        var buffer = new AlignedBuffer(bytes);
        _memory.Add(buffer);
        return buffer;
    }
}
