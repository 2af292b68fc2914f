using DwEngine.Runtime;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

public class SessionPoolTests
{
    private readonly Model _model = TestModels.ShuffleNet();

    [Fact]
    public void A_lease_that_is_disposed_twice_gives_the_session_back_once()
    {
        using var pool = new SessionPool(TestModels.ShuffleNet());
        SessionPool.Lease lease = pool.Rent();
        lease.Dispose();
        lease.Dispose();
        using SessionPool.Lease first = pool.Rent(), second = pool.Rent();
        lease.Dispose();
        using SessionPool.Lease third = pool.Rent();
        Assert.NotSame(first.Session, second.Session);
        Assert.NotSame(first.Session, third.Session);
        Assert.NotSame(second.Session, third.Session);
        default(SessionPool.Lease).Dispose();
    }

    [Fact]
    public void Options_out_of_range_are_refused_when_the_pool_is_made()
    {
        Model model = TestModels.ShuffleNet();
        Assert.Throws<ArgumentOutOfRangeException>(() => new SessionPool(model, new SessionOptions { Threads = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SessionPool(model, retained: 0));
        var pool = new SessionPool(model);
        pool.Dispose();
        Assert.Contains(nameof(SessionPool), Assert.Throws<ObjectDisposedException>(() => pool.Rent()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_returned_session_is_rented_again()
    {
        using var pool = new SessionPool(_model);
        Session first;
        using (SessionPool.Lease lease = pool.Rent())
        {
            first = lease.Session;
            Assert.NotEmpty(TestModels.Compute(first, TestModels.Input(first)));
        }

        using SessionPool.Lease again = pool.Rent();
        Assert.Same(first, again.Session);
    }

    [Fact]
    public void Sessions_that_are_rented_at_the_same_time_differ()
    {
        using var pool = new SessionPool(_model, new SessionOptions { InputShape = _model.DefaultInputShape.With(0, 2) });
        using SessionPool.Lease first = pool.Rent(), second = pool.Rent();
        Assert.NotSame(first.Session, second.Session);
        Assert.Equal(2, first.Session.InputShape[0]);
        float[] input = TestModels.Input(first.Session);
        Assert.Equal(TestModels.Compute(first.Session, input), TestModels.Compute(second.Session, input));
    }

    [Fact]
    public void Sessions_beyond_the_retained_ones_are_disposed_when_they_come_back()
    {
        using var pool = new SessionPool(_model, retained: 1, maximum: 3);
        SessionPool.Lease[] leases = [pool.Rent(), pool.Rent(), pool.Rent()];
        Array.ForEach(leases, lease => lease.Dispose());
        Assert.Equal(2, leases.Count(lease => IsDisposed(lease.Session)));
    }

    [Fact]
    public void A_session_that_its_renter_disposed_is_not_rented_again()
    {
        using var pool = new SessionPool(_model);
        using (SessionPool.Lease lease = pool.Rent())
        {
            lease.Session.Dispose();
        }

        using SessionPool.Lease next = pool.Rent();
        Assert.False(IsDisposed(next.Session));
    }

    [Fact]
    public void A_disposed_pool_disposes_its_sessions_and_rents_no_more()
    {
        var pool = new SessionPool(_model);
        SessionPool.Lease idle = pool.Rent(), rented = pool.Rent();
        idle.Dispose();
        pool.Dispose();
        pool.Dispose();
        Assert.True(IsDisposed(idle.Session));
        Assert.False(IsDisposed(rented.Session));
        rented.Dispose();
        Assert.True(IsDisposed(rented.Session));
        Assert.Throws<ObjectDisposedException>(() => pool.Rent());
    }

    private static bool IsDisposed(Session session)
    {
        try
        {
            TestModels.Compute(session, TestModels.Input(session));
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }
}
