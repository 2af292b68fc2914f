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
    // What the test host and the compiler in the background do must not count, and on a busy machine it takes them long; what a run does would count at
    // each attempt.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    // Of a second, for the whole process.
    private static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(50);

    public static MatrixTheoryData<int, Isa> ThreadsAndIsas => new([1, 2, 3], Isas.Supported);

    [Theory]
    [MemberData(nameof(ThreadsAndIsas))]
    public void A_run_allocates_nothing_on_any_thread(int threads, Isa isa)
    {
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = threads, Isa = isa });
        float[] input = TestModels.Input(session), output = TestModels.Output(session);
        (long caller, long process) = (int.MaxValue, int.MaxValue);
        for (long start = Stopwatch.GetTimestamp(); caller + process != 0 && Stopwatch.GetElapsedTime(start) < s_patience;)
        {
            session.Run(input, output);
            long processBefore = GC.GetTotalAllocatedBytes(precise: true), callerBefore = GC.GetAllocatedBytesForCurrentThread();
            for (int run = 0; run < 20; run++)
            {
                session.Prepare();
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
        for (long start = Stopwatch.GetTimestamp(); least >= s_idle && Stopwatch.GetElapsedTime(start) < s_patience;)
        {
            process.Refresh();
            TimeSpan before = process.TotalProcessorTime;
            Thread.Sleep(1000);
            process.Refresh();
            TimeSpan used = process.TotalProcessorTime - before;
            least = used < least ? used : least;
        }

        Array.ForEach(sessions, session => session.Dispose());
        Assert.InRange(least, TimeSpan.Zero, s_idle);
    }
}
