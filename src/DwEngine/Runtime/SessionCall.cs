using System.Runtime.InteropServices;

namespace DwEngine.Runtime;

/// <summary>
/// A run of a session that is being prepared: which memory of the caller each input is read from and each output is written to. What is not
/// named lies in the session's own memory, see <see cref="Session.Input{T}"/> and <see cref="Session.Output{T}"/>. It allocates nothing.
/// </summary>
public ref struct SessionCall
{
    /// <summary>The most inputs and outputs that can lie in the caller's memory in one run.</summary>
    public const int MostSpans = 16;

    private readonly Session? _session;
    private Span<byte> _0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15;

    internal SessionCall(Session session) => _session = session;

    private readonly Session Session => _session ?? throw new InvalidOperationException(
        $"A default {nameof(SessionCall)} belongs to no session; {nameof(Runtime.Session)}.{nameof(Runtime.Session.With)} makes calls.");

    /// <summary>Lets an input be read from a span.</summary>
    /// <param name="name">The input's name.</param>
    /// <param name="values">All elements in the order of its shape.</param>
    /// <exception cref="GraphException">There is no such input.</exception>
    /// <exception cref="ArgumentException">Its elements are of another type.</exception>
    /// <exception cref="ShapeException">The length of the span is not that of the input's shape.</exception>
    public SessionCall Input<T>(string name, ReadOnlySpan<T> values) where T : unmanaged
    {
        int end = Session.CheckInput<T>(name, values.Length);
        // The engine never writes to an input.
        return With(end, MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(values), values.Length)));
    }

    /// <summary>Lets an output be written to a span.</summary>
    /// <param name="name">The output's name.</param>
    /// <param name="values">Room for all elements in the order of its shape.</param>
    /// <exception cref="GraphException">There is no such output.</exception>
    /// <exception cref="ArgumentException">Its elements are of another type.</exception>
    /// <exception cref="ShapeException">The length of the span is not that of the output's shape.</exception>
    public SessionCall Output<T>(string name, Span<T> values) where T : unmanaged =>
        With(Session.CheckOutput<T>(name, values.Length), MemoryMarshal.AsBytes(values));

    /// <summary>Computes the outputs.</summary>
    /// <exception cref="ArgumentException">An output overlaps an input or another output.</exception>
    /// <exception cref="InvalidOperationException">Another thread is running this session, or this call is <c>default</c>.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public readonly void Run() => Execute(default);

    /// <summary>
    /// Computes the outputs unless a token is cancelled, see
    /// <see cref="Session.Run(ReadOnlySpan{float}, Span{float}, CancellationToken)"/>.
    /// </summary>
    /// <param name="cancellation">Stops the run between two steps.</param>
    /// <exception cref="OperationCanceledException">The run was stopped; what the outputs hold is unspecified.</exception>
    /// <inheritdoc cref="Run()" path="/exception"/>
    public readonly void Run(CancellationToken cancellation) => Execute(new RunLimit(cancellation));

    /// <summary>
    /// Computes the outputs unless it takes too long, see <see cref="Session.Run(ReadOnlySpan{float}, Span{float}, TimeSpan)"/>.
    /// </summary>
    /// <param name="limit">How long the run may go on, counted from the call; 0 or less if no time is left.</param>
    /// <exception cref="OperationCanceledException">The run was stopped; what the outputs hold is unspecified.</exception>
    /// <inheritdoc cref="Run()" path="/exception"/>
    public readonly void Run(TimeSpan limit) => Execute(new RunLimit(limit));

    private readonly unsafe void Execute(in RunLimit limit)
    {
        fixed (byte* p0 = _0, p1 = _1, p2 = _2, p3 = _3, p4 = _4, p5 = _5, p6 = _6, p7 = _7,
            p8 = _8, p9 = _9, p10 = _10, p11 = _11, p12 = _12, p13 = _13, p14 = _14, p15 = _15)
        {
            Session.Execute(
                [(nint)p0, (nint)p1, (nint)p2, (nint)p3, (nint)p4, (nint)p5, (nint)p6, (nint)p7,
                    (nint)p8, (nint)p9, (nint)p10, (nint)p11, (nint)p12, (nint)p13, (nint)p14, (nint)p15],
                null,
                limit);
        }
    }

    private readonly SessionCall With(int end, Span<byte> bytes)
    {
        SessionCall call = this;
        switch (end)
        {
            case 0: call._0 = bytes; break;
            case 1: call._1 = bytes; break;
            case 2: call._2 = bytes; break;
            case 3: call._3 = bytes; break;
            case 4: call._4 = bytes; break;
            case 5: call._5 = bytes; break;
            case 6: call._6 = bytes; break;
            case 7: call._7 = bytes; break;
            case 8: call._8 = bytes; break;
            case 9: call._9 = bytes; break;
            case 10: call._10 = bytes; break;
            case 11: call._11 = bytes; break;
            case 12: call._12 = bytes; break;
            case 13: call._13 = bytes; break;
            case 14: call._14 = bytes; break;
            case 15: call._15 = bytes; break;
            default:
                throw new ArgumentException(
                    $"Only the first {MostSpans} inputs and outputs can lie in the caller's memory; use the session's for the others.");
        }

        return call;
    }
}
