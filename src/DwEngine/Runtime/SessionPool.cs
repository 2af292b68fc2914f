using Microsoft.Extensions.ObjectPool;

namespace DwEngine.Runtime;

/// <summary>
/// Sessions of one model to rent, for servers with more requests than they want sessions. Safe for any number of threads.
/// </summary>
public sealed class SessionPool : IDisposable
{
    private readonly ObjectPool<Session> _sessions;
    private volatile bool _disposed;

    /// <summary>Creates an empty pool.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How each session runs; null for the default.</param>
    /// <param name="retained">Idle sessions that are kept, at least 1; more than that are disposed when they come back.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option or <paramref name="retained"/> is out of range.</exception>
    public SessionPool(Model model, SessionOptions? options = null, int retained = 4)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(retained, 1);
        options ??= SessionOptions.Default;
        options.Validate();
        _sessions = new DefaultObjectPoolProvider { MaximumRetained = retained }.Create(new Policy(model, options));
    }

    /// <summary>Rents an idle session, or a new one if none is idle. Disposing the lease gives it back.</summary>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    public Lease Rent()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new Lease(_sessions);
    }

    /// <summary>Disposes the idle sessions; rented ones are disposed when they come back.</summary>
    public void Dispose()
    {
        _disposed = true;
        (_sessions as IDisposable)?.Dispose();
    }

    private sealed class Policy(Model model, SessionOptions options) : PooledObjectPolicy<Session>
    {
        public override Session Create() => model.CreateSession(options);

        public override bool Return(Session obj) => !obj.IsDisposed;
    }

    /// <summary>A rented session. Copies of a lease are the same lease: the session is given back once.</summary>
    public readonly struct Lease : IDisposable
    {
        private readonly ObjectPool<Session> _pool;
        private readonly int _number;

        internal Lease(ObjectPool<Session> pool)
        {
            _pool = pool;
            Session = pool.Get();
            _number = Volatile.Read(ref Session.LeaseNumber);
        }

        /// <summary>The session, which belongs to the renter until the lease is disposed.</summary>
        public Session Session { get; }

        /// <summary>Gives the session back; further calls do nothing.</summary>
        public void Dispose()
        {
            // The number goes up with the return, so a lease that was given back can't match the next renter's.
            if (Session is not null && Interlocked.CompareExchange(ref Session.LeaseNumber, _number + 1, _number) == _number)
            {
                _pool.Return(Session);
            }
        }
    }
}
