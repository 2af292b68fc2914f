using Microsoft.Extensions.ObjectPool;

namespace DwEngine.Runtime;

/// <summary>
/// Sessions of one model to rent, for servers with more requests than they want sessions. No more than a maximum are rented at the same
/// time; who comes then waits, and those who wait are served in the order in which they came. Safe for any number of threads.
/// </summary>
/// <remarks>
/// Where a session is idle or may still be made, renting and returning neither wait nor allocate, except to make the session.
/// </remarks>
public sealed class SessionPool : IDisposable
{
    /// <summary>The largest maximum that a pool may be given.</summary>
    public const int LargestMaximum = 1 << 20;

    // More than can wait at the same time, and few enough for the semaphore's counter.
    private const int PermitsAfterDisposal = 1 << 30;

    // The lowest bit of the state says that the pool is disposed; the rest counts those who use the idle sessions.
    private const int Disposed = 1, User = 2;

    private readonly ObjectPool<Session> _idle;

    // One permit for each session that may still be rented. Waiting is by WaitAsync alone, which hands permits out in order: the blocking
    // wait would let a thread pass those who wait.
    private readonly SemaphoreSlim _permits;
    private int _state;

    /// <summary>Creates an empty pool.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How each session runs; null for the default.</param>
    /// <param name="retained">Idle sessions that are kept, at least 1; more than that are disposed when they come back.</param>
    /// <param name="maximum">
    /// Sessions that may be rented at the same time, 1 to <see cref="LargestMaximum"/>. Null for as many as keep all processors at work,
    /// which is their number divided by the threads of a session, and no fewer than <paramref name="retained"/>.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An option, <paramref name="retained"/> or <paramref name="maximum"/> is out of range.
    /// </exception>
    public SessionPool(Model model, SessionOptions? options = null, int retained = 4, int? maximum = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(retained, 1);
        options ??= SessionOptions.Default;
        options.Validate();
        Maximum = maximum ?? Math.Clamp(Environment.ProcessorCount / options.Threads, Math.Min(retained, LargestMaximum), LargestMaximum);
        ArgumentOutOfRangeException.ThrowIfLessThan(Maximum, 1, nameof(maximum));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Maximum, LargestMaximum, nameof(maximum));
        _idle = new DefaultObjectPoolProvider { MaximumRetained = Math.Min(retained, Maximum) }.Create(new Policy(model, options));
        _permits = new SemaphoreSlim(Maximum);
    }

    /// <summary>Sessions that may be rented at the same time.</summary>
    public int Maximum { get; }

    /// <summary>
    /// Rents an idle session, or a new one if none is idle. While as many as <see cref="Maximum"/> are rented, the thread waits until one
    /// is given back. Disposing the lease gives the session back.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The pool is disposed, or was while the thread waited.</exception>
    /// <inheritdoc cref="Model.CreateSession" path="/exception"/>
    public Lease Rent()
    {
        _permits.WaitAsync().GetAwaiter().GetResult();
        return Take();
    }

    /// <summary>
    /// Rents as <see cref="Rent"/> does, without holding up a thread while it waits. A session that must be made is made on the thread that
    /// goes on.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">The waiting was ended; nothing is rented.</exception>
    /// <inheritdoc cref="Rent" path="/exception"/>
    public async ValueTask<Lease> RentAsync(CancellationToken cancellationToken = default)
    {
        await _permits.WaitAsync(cancellationToken).ConfigureAwait(false);
        return Take();
    }

    /// <summary>
    /// Disposes the idle sessions, and lets those who wait for one go with an <see cref="ObjectDisposedException"/>. Rented sessions are
    /// disposed when they come back.
    /// </summary>
    public void Dispose()
    {
        int before = Interlocked.Or(ref _state, Disposed);
        if ((before & Disposed) == 0)
        {
            _permits.Release(PermitsAfterDisposal);
            DisposeIdleIfUnused(before | Disposed);
        }
    }

    // The caller has a permit.
    private Lease Take()
    {
        bool isTaken = false;
        try
        {
            ObjectDisposedException.ThrowIf(!TryEnter(), this);
            try
            {
                Session session;
                do
                {
                    session = _idle.Get();
                }
                while (session.IsDisposed);

                isTaken = true;
                return new Lease(this, session);
            }
            finally
            {
                Exit();
            }
        }
        finally
        {
            if (!isTaken)
            {
                _permits.Release();
            }
        }
    }

    private void GiveBack(Session session)
    {
        if (TryEnter())
        {
            _idle.Return(session);
            Exit();
        }
        else
        {
            session.Dispose();
        }

        // Last, so that who waits for it finds the session.
        _permits.Release();
    }

    // The idle sessions can't be disposed while somebody takes one or puts one back: the pool of them would hand out what it is disposing,
    // or keep what comes in meanwhile. The last user disposes them instead.
    private bool TryEnter()
    {
        int state = Volatile.Read(ref _state);
        while ((state & Disposed) == 0)
        {
            int seen = Interlocked.CompareExchange(ref _state, state + User, state);
            if (seen == state)
            {
                return true;
            }

            state = seen;
        }

        return false;
    }

    private void Exit() => DisposeIdleIfUnused(Interlocked.Add(ref _state, -User));

    private void DisposeIdleIfUnused(int state)
    {
        if (state == Disposed)
        {
            ((IDisposable)_idle).Dispose();
        }
    }

    private sealed class Policy(Model model, SessionOptions options) : PooledObjectPolicy<Session>
    {
        public override Session Create() => model.CreateSession(options);

        // A session that somebody still runs belongs to nobody else; it is disposed when that run ends.
        public override bool Return(Session obj) => obj.IsIdle;
    }

    /// <summary>A rented session. Copies of a lease are the same lease: the session is given back once.</summary>
    public readonly struct Lease : IDisposable
    {
        private readonly SessionPool _pool;
        private readonly Session _session;
        private readonly int _number;

        internal Lease(SessionPool pool, Session session)
        {
            _pool = pool;
            _session = session;
            _number = Volatile.Read(ref session.LeaseNumber);
        }

        /// <summary>The session, which belongs to the renter until the lease is disposed.</summary>
        /// <exception cref="InvalidOperationException">This is no lease that a pool has given, but <c>default</c>.</exception>
        public Session Session =>
            _session ?? throw new InvalidOperationException("A default lease has no session; SessionPool.Rent gives leases.");

        /// <summary>Gives the session back; further calls do nothing.</summary>
        public void Dispose()
        {
            // The number goes up with the return, so a lease that was given back can't match the next renter's.
            if (_session is not null && Interlocked.CompareExchange(ref _session.LeaseNumber, _number + 1, _number) == _number)
            {
                _pool.GiveBack(_session);
            }
        }
    }
}
