using DwEngine.Kernels;
using DwEngine.Testing;
using DwEngine.Tests.Kernels.Cases;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>
/// Every row of the kernel table that this CPU can run, with inputs, weights, scratch, outputs and tables of pointers against unreadable
/// pages: a kernel that reads or writes out of bounds kills the process.
/// </summary>
public class KernelGuardTests
{
    // Pages that one case may map, beside the guards: the system bounds the number of mappings.
    private const int MostPlanes = 1000;

    public static TheoryData<int, string> Rows => KernelChecks.SupportedRows();

    [Theory]
    [MemberData(nameof(Rows))]
    public void Row_stays_within_its_memory(int row, string name)
    {
        Assert.Equal(name, KernelTable.Rows[row].ToString());
        for (int seed = 0; seed < (TestSpeed.IsSlow ? 2 : 8); seed++)
        {
            foreach (KernelCase problem in KernelChecks.OneOfEachFlavour(row, seed))
            {
                if (problem.Inputs.Count + problem.Outputs.Count <= MostPlanes)
                {
                    StaysWithin(KernelTable.Rows[row], problem, GuardEdge.Start);
                    StaysWithin(KernelTable.Rows[row], problem, GuardEdge.End);
                }
            }
        }
    }

    private static void StaysWithin(KernelRow row, KernelCase problem, GuardEdge edge)
    {
        var placed = new List<IDisposable>();
        try
        {
            var weights = new PackedWeights(packed => GuardedKernelMemory.Place(packed, edge, placed));
            BoundKernel kernel = problem.Bind(row, weights);
            float[] input = problem.MakeInput();
            using var memory = new GuardedKernelMemory(problem, kernel, input, edge);
            kernel.Run(memory.Arguments(0), 0, kernel.TaskCount);
            memory.AssertNothingElseIsWritten();
            KernelChecks.AssertAgrees(problem.ExpectOf(row, input), memory.ReadOutputs());
            GC.KeepAlive(kernel);
        }
        finally
        {
            placed.ForEach(memory => memory.Dispose());
        }
    }
}
