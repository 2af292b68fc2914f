using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>
/// Disposal against everything that it can meet. A few hundred rounds of each; DWENGINE_RACES=10000 makes it as many.
/// <see cref="ConcurrencyTests.Dispose_may_come_from_another_thread_at_any_time"/> is the race against a run of one session.
/// </summary>
[Trait("Category", "Races")]
public class SessionRaceTests
{
    private readonly Model _model = TestModels.Relu(new Shape(1, 3, 5, 7));

    [Fact]
    public void A_pool_disposed_while_a_session_is_returned_leaves_none_undisposed() => TestThreads.Race(round =>
    {
        var pool = new SessionPool(_model, retained: 1 + (round % 3));
        SessionPool.Lease[] leases = [.. Enumerable.Range(0, 1 + (round % 3)).Select(_ => pool.Rent())];
        return (pool.Dispose, () => Array.ForEach(leases, lease => lease.Dispose()), () => AssertDisposed(leases));
    });

    [Fact]
    public void A_pool_disposed_while_a_session_is_rented_hands_out_none_that_is_disposed() => TestThreads.Race(round =>
    {
        var pool = new SessionPool(_model);
        SessionPool.Lease[] idle = [.. Enumerable.Range(0, round % 3).Select(_ => pool.Rent())];
        Array.ForEach(idle, lease => lease.Dispose());
        var rented = new List<SessionPool.Lease>();
        return (
            pool.Dispose,
            () =>
            {
                try
                {
                    for (int i = 0; i < pool.Maximum; i++)
                    {
                        rented.Add(round % 2 == 0 ? pool.Rent() : pool.RentAsync().AsTask().GetAwaiter().GetResult());
                        AssertComputes(rented[^1].Session);
                    }
                }
                catch (ObjectDisposedException)
                {
                    // The pool was disposed first.
                }
            },
            () =>
            {
                rented.ForEach(lease => AssertComputes(lease.Session));
                rented.ForEach(lease => lease.Dispose());
                AssertDisposed([.. idle, .. rented]);
            }
        );
    });

    [Fact]
    public void A_pool_disposed_while_others_wait_lets_all_of_them_go() => TestThreads.Race(round =>
    {
        var pool = new SessionPool(_model, maximum: 1);
        SessionPool.Lease held = pool.Rent();
        Task<bool>[] waiters = [.. Enumerable.Range(0, 3).Select(_ => RentOrBeTold(pool))];
        return (
            pool.Dispose,
            held.Dispose,
            () =>
            {
                Assert.True(Task.WaitAll(waiters, (int)TestThreads.Patience.TotalMilliseconds, CancellationToken.None),
                    "Somebody waits for ever.");
                AssertDisposed([held]);
            }
        );
    });

    [Fact]
    public void Waiting_that_ends_while_a_session_comes_back_loses_no_session() => TestThreads.Race(round =>
    {
        var pool = new SessionPool(_model, maximum: 1);
        SessionPool.Lease held = pool.Rent();
        var cancellation = new CancellationTokenSource();
        Task<bool> ended = RentOrBeTold(pool, cancellation.Token), stays = RentOrBeTold(pool);
        return (
            cancellation.Cancel,
            held.Dispose,
            () =>
            {
                Assert.True(Task.WaitAll([ended, stays], (int)TestThreads.Patience.TotalMilliseconds, CancellationToken.None),
                    "A session is lost.");
                Assert.True(stays.Result);
                pool.Rent().Dispose();
                pool.Dispose();
                cancellation.Dispose();
            }
        );
    });

    [Fact]
    public void A_lease_that_several_threads_dispose_gives_the_session_back_once() => TestThreads.Race(round =>
    {
        var pool = new SessionPool(_model, maximum: 2);
        SessionPool.Lease lease = pool.Rent();
        return (lease.Dispose, lease.Dispose, () =>
        {
            using SessionPool.Lease first = pool.Rent(), second = pool.Rent();
            Assert.NotSame(first.Session, second.Session);
            Assert.False(pool.RentAsync(new CancellationToken(canceled: false)).AsTask().IsCompleted);
            pool.Dispose();
        }
        );
    });

    [Fact]
    public void Sessions_come_run_and_go_while_memory_is_trimmed() => TestThreads.Race(round =>
    {
        Session old = _model.CreateSession();
        return (
            () =>
            {
                old.Dispose();
                using Session session = _model.CreateSession();
                AssertComputes(session);
            },
            EngineMemory.Trim,
            () => AssertDisposed(old));
    });

    [Fact]
    public void A_lease_is_returned_while_its_session_is_disposed() => TestThreads.Race(round =>
    {
        var pool = new SessionPool(_model, maximum: 1);
        SessionPool.Lease lease = pool.Rent();
        return (lease.Session.Dispose, lease.Dispose, () =>
        {
            using SessionPool.Lease next = pool.Rent();
            AssertComputes(next.Session);
            pool.Dispose();
        }
        );
    });

    [Fact]
    public void A_model_disposed_while_sessions_come_leaves_those_that_came_whole() => TestThreads.Race(round =>
    {
        Model model = TestModels.Relu(new Shape(1, 3, 5, 7));
        var pool = new SessionPool(model);
        var made = new List<Session>();
        SessionPool.Lease? lease = null;
        return (
            model.Dispose,
            () =>
            {
                try
                {
                    for (int i = 0; i < 3; i++)
                    {
                        made.Add(model.CreateSession(new SessionOptions { Threads = 1 + (round % 2) }));
                    }

                    lease = pool.Rent();
                }
                catch (ObjectDisposedException)
                {
                    // The model was disposed first.
                }
            },
            () =>
            {
                made.ForEach(AssertComputes);
                made.ForEach(session => session.Dispose());
                if (lease is { } rented)
                {
                    AssertComputes(rented.Session);
                    rented.Dispose();
                }

                Assert.Throws<ObjectDisposedException>(() => model.CreateSession());
                pool.Dispose();
            }
        );
    });

    private static async Task<bool> RentOrBeTold(SessionPool pool, CancellationToken cancellation = default)
    {
        try
        {
            using SessionPool.Lease lease = await pool.RentAsync(cancellation);
            AssertComputes(lease.Session);
            return true;
        }
        catch (Exception exception) when (exception is ObjectDisposedException or OperationCanceledException)
        {
            return false;
        }
    }

    private static void AssertComputes(Session session)
    {
        Assert.False(session.IsDisposed);
        float[] input = TestModels.Input(session);
        TestThreads.AssertSameBits([.. input.Select(value => Math.Max(value, 0))], TestModels.Compute(session, input));
    }

    private static void AssertDisposed(SessionPool.Lease[] leases) => Assert.All(leases, lease => AssertDisposed(lease.Session));

    private static void AssertDisposed(Session session) => Assert.True(session.IsDisposed, "A session stays undisposed.");
}
