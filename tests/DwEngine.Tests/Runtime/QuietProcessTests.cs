using System.Diagnostics;
using DwEngine.Runtime;
using DwEngine.Simd;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>Tests that measure the whole process, and therefore run while no other test does.</summary>
[CollectionDefinition("quiet process", DisableParallelization = true)]
public class QuietProcess;

[Collection("quiet process")]
public class QuietProcessTests
{
    // What the test host itself does now and then must not count; what a run does would count at each attempt.
    private const int Attempts = 10;

    public static MatrixTheoryData<int, Isa> ThreadsAndIsas => new([1, 2, 3], Isas.Supported);

    [Theory]
    [MemberData(nameof(ThreadsAndIsas))]
    public void A_run_allocates_nothing_on_any_thread(int threads, Isa isa)
    {
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = threads, Isa = isa });
        float[] input = TestModels.Input(session), output = TestModels.Output(session);
        (long caller, long process) = (long.MaxValue, long.MaxValue);
        for (int attempt = 0; attempt < Attempts && caller + process != 0; attempt++)
        {
            session.Run(input, output);
            long processBefore = GC.GetTotalAllocatedBytes(precise: true), callerBefore = GC.GetAllocatedBytesForCurrentThread();
            for (int run = 0; run < 20; run++)
            {
                session.Run(input, output);
            }

            caller = Math.Min(caller, GC.GetAllocatedBytesForCurrentThread() - callerBefore);
            process = Math.Min(process, GC.GetTotalAllocatedBytes(precise: true) - processBefore);
        }

        Assert.Equal((0, 0), (caller, process));
    }

    [Fact]
    [Trait("Category", "Native")]
    public void Idle_sessions_use_no_CPU()
    {
        Model model = TestModels.ShuffleNet();
        Session[] sessions = [.. Enumerable.Range(0, 4).Select(_ => model.CreateSession(new SessionOptions { Threads = 2 }))];
        foreach (Session session in sessions)
        {
            TestModels.Compute(session, TestModels.Input(session));
        }

        using Process process = Process.GetCurrentProcess();
        TimeSpan least = TimeSpan.MaxValue;
        for (int attempt = 0; attempt < Attempts && least >= TimeSpan.FromMilliseconds(50); attempt++)
        {
            process.Refresh();
            TimeSpan before = process.TotalProcessorTime;
            Thread.Sleep(1000);
            process.Refresh();
            TimeSpan used = process.TotalProcessorTime - before;
            least = used < least ? used : least;
        }

        Array.ForEach(sessions, session => session.Dispose());
        Assert.InRange(least, TimeSpan.Zero, TimeSpan.FromMilliseconds(50));
    }
}
