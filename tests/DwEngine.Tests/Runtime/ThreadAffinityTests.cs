using System.Diagnostics;
using System.Runtime.InteropServices;
using DwEngine.Runtime;
using DwEngine.Runtime.Cores;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>Sessions on the real system. The masks are those of this process, so nothing else may run meanwhile.</summary>
[Collection("quiet process")]
[Trait("Category", "Native")]
public unsafe partial class ThreadAffinityTests
{
    private const string Worker = "DwEngine worker";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void A_helper_is_bound_by_default_and_moves_when_the_caller_comes()
    {
        RequireCores(2);
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = 2 });
        Run(session, () => Masks() is [var mask] && Cores(mask).Length == 1);
        int before = Cores(Masks().Single()).Single();
        // The caller goes where the helper is: the next run moves the helper first.
        OnCore(before, () =>
        {
            TestModels.Compute(session, TestModels.Input(session));
            Assert.DoesNotContain(before, Cores(Masks().Single()));
        });
    }

    [Fact]
    public void Helpers_are_left_alone_when_that_is_asked_for()
    {
        RequireCores(2);
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = 2, Affinity = ThreadAffinity.None });
        Run(session, () => Masks().Length == 1);
        TestModels.Compute(session, TestModels.Input(session));
        Assert.Equal(ProcessMask(), Masks().Single());
    }

    [Fact]
    public void More_threads_than_cores_are_not_bound()
    {
        RequireCores(1);
        int cores = Cores(ProcessMask()).Length;
        Assert.SkipWhen(cores > 16, "Needs a session with more threads than this machine has cores.");
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = cores + 1 });
        Run(session, () => Masks().Length == cores);
        TestModels.Compute(session, TestModels.Input(session));
        Assert.All(Masks(), mask => Assert.Equal(ProcessMask(), mask));
    }

    [Fact]
    public void The_mask_of_the_process_is_respected_when_it_changes()
    {
        RequireCores(2);
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = 2 });
        Run(session, () => Masks() is [var mask] && Cores(mask).Length == 1);
        string all = ProcessMask();
        int first = Cores(all)[0];
        try
        {
            SetMask(Environment.ProcessId, [first]);
            Run(session, () => Masks().Single() == $"{first}");
        }
        finally
        {
            SetMask(Environment.ProcessId, Cores(all));
        }

        // Bound again, to a core that is not the caller's.
        OnCore(first, () => Run(session, () => Cores(Masks().Single()) is [var core] && core != first));
    }

    [Fact]
    public void Runs_with_bound_helpers_on_a_restless_caller_keep_their_bits()
    {
        RequireCores(2);
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = 2 });
        float[] input = TestModels.Input(session), expected = TestModels.Compute(session, input);
        int[] cores = Cores(ProcessMask());
        for (int run = 0; run < 200; run++)
        {
            OnCore(cores[run % cores.Length], () => Assert.Equal(expected, TestModels.Compute(session, input)));
        }
    }

    [Fact]
    public void A_prepared_helper_waits_awake_for_a_bounded_time()
    {
        RequireCores(2);
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = 2 });
        float[] input = TestModels.Input(session), output = TestModels.Output(session);
        session.Run(input, output);
        TimeSpan limit = TimeSpan.FromMilliseconds(300);
        Assert.True(Eventually(() =>
        {
            Thread.Sleep(20);
            TimeSpan idle = WorkerTime();
            session.Prepare(limit);
            Thread.Sleep(limit);
            TimeSpan awake = WorkerTime() - idle;
            // Parked again, and stays so.
            Thread.Sleep(20);
            TimeSpan after = WorkerTime();
            Thread.Sleep(limit);
            return awake > limit / 4 && WorkerTime() - after <= limit / 10;
        }));
        // A run ends the time that the helper was asked to wait.
        Assert.True(Eventually(() =>
        {
            session.Prepare(limit);
            session.Run(input, output);
            Thread.Sleep(30);
            TimeSpan after = WorkerTime();
            Thread.Sleep(limit);
            return WorkerTime() - after <= limit / 10;
        }));
    }

    private static void RequireCores(int cores)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Masks are those of Linux.");
        Assert.SkipWhen(LinuxCores.TryCreate() is null, "This system tells nothing of cores.");
        Assert.SkipUnless(Cores(ProcessMask()).Length >= cores && CpuQuota.Read() >= cores, $"Needs {cores} cores.");
    }

    // Until masks are as they are to be: the helpers may not have started, and masks are looked at a few times a second.
    private static void Run(Session session, Func<bool> isReached)
    {
        float[] input = TestModels.Input(session), output = TestModels.Output(session);
        Assert.True(Eventually(() =>
        {
            session.Run(input, output);
            Thread.Sleep(5);
            return isReached();
        }));
    }

    private static bool Eventually(Func<bool> isReached)
    {
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < s_patience;)
        {
            if (isReached())
            {
                return true;
            }
        }

        return false;
    }

    private static void OnCore(int core, Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            SetMask(0, [core]);
            failure = Record.Exception(action);
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }

    private static string ProcessMask() => MaskOf("/proc/self/status");

    private static string[] Masks() => [.. Workers().Select(folder => MaskOf(Path.Combine(folder, "status")))];

    // Helpers of sessions that other tests have disposed may still be about to end.
    private static string[] Workers() => [.. Directory.GetDirectories("/proc/self/task").Where(folder =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "comm")).Trim() == Worker;
        }
        catch (IOException)
        {
            return false;
        }
    })];

    private static TimeSpan WorkerTime() => TimeSpan.FromMicroseconds(
        Workers().Sum(folder => long.Parse(File.ReadAllText(Path.Combine(folder, "schedstat")).Split(' ')[0])) / 1000);

    private static string MaskOf(string file) =>
        File.ReadLines(file).First(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1];

    private static int[] Cores(string list) => [.. list.Split(',').SelectMany(range =>
    {
        int[] ends = [.. range.Split('-').Select(int.Parse)];
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    })];

    private static void SetMask(int thread, int[] cores)
    {
        var set = new CoreSet();
        Array.ForEach(cores, set.Add);
        fixed (ulong* mask = set.Words)
        {
            Assert.Equal(0, SetAffinity(thread, (nuint)set.Words.Length * sizeof(ulong), mask));
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint bytes, ulong* mask);
}
