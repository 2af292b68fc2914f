using System.Diagnostics;
using DwEngine.Runtime;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>Sessions on the real system. The masks are those of this process, so nothing else may run meanwhile.</summary>
[Collection("quiet process")]
[Trait("Category", "Native")]
public class ThreadAffinityTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void A_helper_is_bound_by_default_and_moves_when_the_caller_comes()
    {
        CoreMasks.Require(2);
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = 2 });
        Run(session, () => CoreMasks.OfHelpers() is [var mask] && CoreMasks.Cores(mask).Length == 1);
        int before = CoreMasks.Cores(CoreMasks.OfHelpers().Single()).Single();
        // The caller goes where the helper is: the next run moves the helper first.
        OnCore(before, () =>
        {
            TestModels.Compute(session, TestModels.Input(session));
            Assert.DoesNotContain(before, CoreMasks.Cores(CoreMasks.OfHelpers().Single()));
        });
    }

    [Fact]
    public void Helpers_are_left_alone_when_that_is_asked_for()
    {
        CoreMasks.Require(2);
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = 2, Affinity = ThreadAffinity.None });
        Run(session, () => CoreMasks.OfHelpers().Length == 1);
        TestModels.Compute(session, TestModels.Input(session));
        Assert.Equal(CoreMasks.OfProcess(), CoreMasks.OfHelpers().Single());
    }

    [Fact]
    public void More_threads_than_cores_are_not_bound()
    {
        CoreMasks.Require(1);
        int cores = CoreMasks.Cores(CoreMasks.OfProcess()).Length;
        Assert.SkipWhen(cores > 16, "Needs a session with more threads than this machine has cores.");
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = cores + 1 });
        Run(session, () => CoreMasks.OfHelpers().Length == cores);
        TestModels.Compute(session, TestModels.Input(session));
        Assert.All(CoreMasks.OfHelpers(), mask => Assert.Equal(CoreMasks.OfProcess(), mask));
    }

    [Fact]
    public void The_mask_of_the_process_is_respected_when_it_changes()
    {
        CoreMasks.Require(2);
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = 2 });
        Run(session, () => CoreMasks.OfHelpers() is [var mask] && CoreMasks.Cores(mask).Length == 1);
        string all = CoreMasks.OfProcess();
        int first = CoreMasks.Cores(all)[0];
        try
        {
            CoreMasks.Set(Environment.ProcessId, [first]);
            Run(session, () => CoreMasks.OfHelpers().Single() == $"{first}");
        }
        finally
        {
            CoreMasks.Set(Environment.ProcessId, CoreMasks.Cores(all));
        }

        // Bound again, to a core that is not the caller's.
        OnCore(first, () => Run(session, () => CoreMasks.Cores(CoreMasks.OfHelpers().Single()) is [var core] && core != first));
    }

    [Fact]
    public void Runs_with_bound_helpers_on_a_restless_caller_keep_their_bits()
    {
        CoreMasks.Require(2);
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = 2 });
        float[] input = TestModels.Input(session), expected = TestModels.Compute(session, input);
        int[] cores = CoreMasks.Cores(CoreMasks.OfProcess());
        for (int run = 0; run < 200; run++)
        {
            OnCore(cores[run % cores.Length], () => Assert.Equal(expected, TestModels.Compute(session, input)));
        }
    }

    [Fact]
    public void A_prepared_helper_waits_awake_for_a_bounded_time()
    {
        CoreMasks.Require(2);
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = 2 });
        float[] input = TestModels.Input(session), output = TestModels.Output(session);
        session.Run(input, output);
        TimeSpan limit = TimeSpan.FromMilliseconds(300);
        Assert.True(Eventually(() =>
        {
            Thread.Sleep(20);
            TimeSpan idle = CoreMasks.HelperTime();
            session.Prepare(limit);
            Thread.Sleep(limit);
            TimeSpan awake = CoreMasks.HelperTime() - idle;
            // Parked again, and stays so.
            Thread.Sleep(20);
            TimeSpan after = CoreMasks.HelperTime();
            Thread.Sleep(limit);
            return awake > limit / 4 && CoreMasks.HelperTime() - after <= limit / 10;
        }));
        // A run ends the time that the helper was asked to wait.
        Assert.True(Eventually(() =>
        {
            session.Prepare(limit);
            session.Run(input, output);
            Thread.Sleep(30);
            TimeSpan after = CoreMasks.HelperTime();
            Thread.Sleep(limit);
            return CoreMasks.HelperTime() - after <= limit / 10;
        }));
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
            CoreMasks.Set(0, [core]);
            failure = Record.Exception(action);
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }
}
