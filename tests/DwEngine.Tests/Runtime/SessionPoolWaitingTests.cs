using System.Diagnostics;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;
using ThreadState = System.Threading.ThreadState;

namespace DwEngine.Tests.Runtime;

/// <summary>A pool's maximum, and those who wait for a session.</summary>
public class SessionPoolWaitingTests
{
    private readonly Model _model = TestModels.Relu(new Shape(1, 1, 4, 4));

    [Fact]
    public void No_more_sessions_than_the_maximum_are_rented_at_the_same_time()
    {
        const int Maximum = 3;
        using var pool = new SessionPool(_model, maximum: Maximum);
        Assert.Equal(Maximum, pool.Maximum);
        var sessions = new HashSet<Session>();
        int rented = 0, most = 0;
        TestThreads.Run(8, index =>
        {
            for (int i = 0; i < 200; i++)
            {
                using SessionPool.Lease lease = index % 2 == 0 ? pool.Rent() : pool.RentAsync().AsTask().GetAwaiter().GetResult();
                int now = Interlocked.Increment(ref rented);
                lock (sessions)
                {
                    sessions.Add(lease.Session);
                    most = Math.Max(most, now);
                }

                Interlocked.Decrement(ref rented);
            }
        });
        Assert.InRange(most, 1, Maximum);
        Assert.InRange(sessions.Count, 1, Maximum);
    }

    [Fact]
    public void The_default_maximum_keeps_all_processors_at_work_and_is_no_less_than_what_is_retained()
    {
        int cores = Environment.ProcessorCount;
        using SessionPool one = new(_model, retained: 1), four = new(_model), many = new(_model, retained: cores + 3);
        using SessionPool shared = new(_model, new SessionOptions { Threads = Math.Min(cores, SessionOptions.MaxThreads) }, retained: 1);
        Assert.Equal(cores, one.Maximum);
        Assert.Equal(Math.Max(cores, 4), four.Maximum);
        Assert.Equal(cores + 3, many.Maximum);
        Assert.Equal(Math.Max(1, cores / SessionOptions.MaxThreads), shared.Maximum);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SessionPool(_model, maximum: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SessionPool(_model, maximum: SessionPool.LargestMaximum + 1));
        using var largest = new SessionPool(_model, retained: int.MaxValue, maximum: SessionPool.LargestMaximum);
        largest.Rent().Dispose();
    }

    [Fact]
    public async Task Those_who_wait_are_served_in_the_order_in_which_they_came()
    {
        using var pool = new SessionPool(_model, maximum: 1);
        SessionPool.Lease held = await pool.RentAsync(TestContext.Current.CancellationToken);
        Session session = held.Session;
        Task<SessionPool.Lease>[] waiters = [.. Enumerable.Range(0, 20).Select(_ => pool.RentAsync().AsTask())];
        foreach (Task<SessionPool.Lease> waiter in waiters)
        {
            Assert.False(waiter.IsCompleted);
            held.Dispose();
            // Who comes now does not pass those who wait.
            using var late = new CancellationTokenSource();
            Task<SessionPool.Lease> latecomer = pool.RentAsync(late.Token).AsTask();
            Assert.False(latecomer.IsCompleted);
            held = await waiter.WaitAsync(TestThreads.Patience, TestContext.Current.CancellationToken);
            Assert.Same(session, held.Session);
            await late.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => latecomer);
        }

        held.Dispose();
    }

    [Fact]
    public void Threads_that_wait_are_served_in_the_order_in_which_they_came()
    {
        using var pool = new SessionPool(_model, maximum: 1);
        SessionPool.Lease held = pool.Rent();
        var served = new List<int>();
        var threads = new List<Thread>();
        for (int i = 0; i < 5; i++)
        {
            int index = i;
            var thread = new Thread(() =>
            {
                using SessionPool.Lease lease = pool.Rent();
                lock (served)
                {
                    served.Add(index);
                }
            })
            { IsBackground = true };
            thread.Start();
            threads.Add(thread);
            Assert.True(SpinWait.SpinUntil(() => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin), TestThreads.Patience));
        }

        held.Dispose();
        Assert.All(threads, thread => Assert.True(thread.Join(TestThreads.Patience), "A thread hangs."));
        Assert.Equal([0, 1, 2, 3, 4], served);
    }

    [Fact]
    public async Task Waiting_can_be_ended_and_takes_nothing()
    {
        using var pool = new SessionPool(_model, maximum: 1);
        SessionPool.Lease held = pool.Rent();
        using var cancellation = new CancellationTokenSource();
        Task<SessionPool.Lease> ended = pool.RentAsync(cancellation.Token).AsTask(),
        stays = pool.RentAsync(CancellationToken.None).AsTask();
        await cancellation.CancelAsync();
        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ended);
        Assert.Equal(cancellation.Token, error.CancellationToken);
        held.Dispose();
        (await stays.WaitAsync(TestThreads.Patience, TestContext.Current.CancellationToken)).Dispose();

        // A token that asks for the end beforehand rents nothing, even where nobody has to wait.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pool.RentAsync(cancellation.Token).AsTask());
        pool.Rent().Dispose();
    }

    [Fact]
    public async Task Who_waits_while_the_pool_is_disposed_is_told()
    {
        var pool = new SessionPool(_model, maximum: 1);
        SessionPool.Lease held = pool.Rent();
        Exception? error = null;
        var blocked = new Thread(() => error = Record.Exception(() => pool.Rent())) { IsBackground = true };
        blocked.Start();
        Task<SessionPool.Lease>[] waiters = [.. Enumerable.Range(0, 10).Select(_ => pool.RentAsync().AsTask())];
        pool.Dispose();
        foreach (Task<SessionPool.Lease> waiter in waiters)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(
                () => waiter.WaitAsync(TestThreads.Patience, TestContext.Current.CancellationToken));
        }

        Assert.True(blocked.Join(TestThreads.Patience));
        Assert.IsType<ObjectDisposedException>(error);
        Assert.False(held.Session.IsDisposed);
        held.Dispose();
        held.Dispose();
        Assert.True(held.Session.IsDisposed);
        pool.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.RentAsync(CancellationToken.None).AsTask());
        Assert.Throws<ObjectDisposedException>(() => pool.Rent());
    }

    [Fact]
    public void A_session_that_cannot_be_made_costs_the_pool_nothing()
    {
        using var pool = new SessionPool(TestModels.ShuffleNet(), new SessionOptions { InputShape = new Shape(1, 4, 48, 48) }, maximum: 2);
        for (int i = 0; i < 5; i++)
        {
            Assert.Throws<ShapeException>(() => pool.Rent());
            Assert.Throws<ShapeException>(() => pool.RentAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult());
        }
    }

    [Fact]
    public void A_session_that_is_disposed_while_it_is_idle_is_not_rented_again()
    {
        using var pool = new SessionPool(_model, maximum: 1);
        SessionPool.Lease lease = pool.Rent();
        lease.Dispose();
        lease.Session.Dispose();
        using SessionPool.Lease next = pool.Rent();
        Assert.NotSame(lease.Session, next.Session);
        Assert.False(next.Session.IsDisposed);
    }

    [Fact]
    public void A_session_that_comes_back_while_it_runs_is_not_rented_again()
    {
        using var pool = new SessionPool(TestModels.Slow(), maximum: 1);
        int runs = 0;
        for (long start = Stopwatch.GetTimestamp(); runs == 0;)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TestThreads.Patience, "No session came back while it ran.");
            SessionPool.Lease lease = pool.Rent();
            Session session = lease.Session;
            float[] input = TestModels.Input(session), expected = TestModels.Compute(session, input), output = TestModels.Output(session);
            bool isDone = false;
            TestThreads.Run(
                () =>
                {
                    session.Run(input, output);
                    Volatile.Write(ref isDone, true);
                },
                () =>
                {
                    SpinWait.SpinUntil(() => !session.IsIdle || Volatile.Read(ref isDone), TestThreads.Patience);
                    lease.Dispose();
                    using SessionPool.Lease next = pool.Rent();
                    // Nobody else runs it, so it still runs as it did when it came back.
                    if (!session.IsIdle)
                    {
                        runs++;
                        Assert.NotSame(session, next.Session);
                        TestThreads.AssertSameBits(expected, TestModels.Compute(next.Session, input));
                    }
                });
            TestThreads.AssertSameBits(expected, output);
        }
    }

    [Fact]
    public void A_default_lease_says_so()
    {
        Assert.Throws<InvalidOperationException>(() => default(SessionPool.Lease).Session);
        default(SessionPool.Lease).Dispose();
    }
}
