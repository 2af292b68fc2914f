using DwEngine.Kernels;
using DwEngine.Testing;
using DwEngine.Tests.Kernels.Cases;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>Every row of the kernel table that this CPU can run, against the naive references.</summary>
public class KernelRowTests
{
    public static TheoryData<int, string> Rows => KernelChecks.SupportedRows();

    [Theory]
    [MemberData(nameof(Rows))]
    public void Row_agrees_with_the_reference(int row, string name)
    {
        Assert.Equal(name, KernelTable.Rows[row].ToString());
        KernelChecks.ForAll(row, TestSpeed.IsSlow ? 25 : 100, AgreesWithTheReference);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Row_treats_NaN_and_infinity_as_the_reference_does(int row, string name)
    {
        Assert.Equal(name, KernelTable.Rows[row].ToString());
        KernelChecks.ForAll(
            row, TestSpeed.IsSlow ? 10 : 40, (subject, problem) =>
                AgreesWithTheReference(subject, problem with { HasSpecialNumbers = true }));
    }

    // The whole run in one memory must agree with the reference, and parts of it in another memory with the whole, bit for bit.
    private static void AgreesWithTheReference(KernelRow row, KernelCase problem)
    {
        BoundKernel kernel = problem.Bind(row, new PackedWeights());
        float[] input = problem.MakeInput();
        var random = new Random(problem.Seed);
        using var memory = new ScatteredMemory(problem, kernel, input, 1, random);
        kernel.Run(memory.Arguments(0), 0, kernel.TaskCount);
        memory.AssertNothingElseIsWritten();
        float[] whole = memory.ReadOutputs();
        Expectation expected = problem.ExpectOf(row, input);
        KernelChecks.AssertAgrees(expected, whole);

        int[] cuts = RandomCuts(kernel.TaskCount, random);
        using var otherMemory = new ScatteredMemory(problem, kernel, input, cuts.Length - 1, random);
        int[] order = [.. Enumerable.Range(0, cuts.Length - 1)];
        random.Shuffle(order);
        foreach (int part in order)
        {
            kernel.Run(otherMemory.Arguments(part), cuts[part], cuts[part + 1]);
        }

        otherMemory.AssertNothingElseIsWritten();
        // The sign of a NaN is that of either factor: the compiler may swap them in the first turn of a loop. What is no float has no NaN.
        Func<float, uint> bits = expected.IsBitwise ? BitConverter.SingleToUInt32Bits : BitHash.BitsOf;
        Assert.True(
            whole.Select(bits).SequenceEqual(otherMemory.ReadOutputs().Select(bits)), "The bits depend on how the tasks are parted.");
        GC.KeepAlive(kernel);
    }

    // From 0 to the number of tasks; equal neighbours make empty parts.
    private static int[] RandomCuts(int tasks, Random random)
    {
        int[] cuts = [0, .. Enumerable.Range(0, random.Next(5)).Select(_ => random.Next(tasks + 1)), tasks];
        Array.Sort(cuts);
        return cuts;
    }
}
