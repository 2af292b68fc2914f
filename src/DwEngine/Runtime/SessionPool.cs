using Microsoft.Extensions.ObjectPool;

namespace DwEngine.Runtime;

/// <summary>
/// Sessions of one model to rent, for servers with more requests than they want sessions. Safe for any number of threads.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="options">How each session runs; null for the default.</param>
/// <param name="retained">Idle sessions that are kept; more than that are disposed when they come back.</param>
public sealed class SessionPool(Model model, SessionOptions? options = null, int retained = 4) : IDisposable
{
    private readonly ObjectPool<Session> _sessions =
        new DefaultObjectPoolProvider { MaximumRetained = retained }.Create(new Policy(model, options ?? SessionOptions.Default));

    /// <summary>Rents an idle session, or a new one if none is idle. Disposing the lease gives it back.</summary>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    public Lease Rent() => new(_sessions);

    /// <summary>Disposes the idle sessions; rented ones are disposed when they come back.</summary>
    public void Dispose() => (_sessions as IDisposable)?.Dispose();

    private sealed class Policy(Model model, SessionOptions options) : PooledObjectPolicy<Session>
    {
        public override Session Create() => model.CreateSession(options);

        public override bool Return(Session obj) => !obj.IsDisposed;
    }

    /// <summary>A rented session; dispose it once to give the session back.</summary>
    public readonly struct Lease : IDisposable
    {
        private readonly ObjectPool<Session> _pool;

        internal Lease(ObjectPool<Session> pool)
        {
            _pool = pool;
            Session = pool.Get();
        }

        /// <summary>The session, which belongs to the renter until the lease is disposed.</summary>
        public Session Session { get; }

        /// <summary>Gives the session back.</summary>
        public void Dispose() => _pool.Return(Session);
    }
}
