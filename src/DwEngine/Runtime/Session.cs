using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DwEngine.Planning;
using DwEngine.Runtime.Cores;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>
/// Runs a model for one input shape. A session owns its arena and its threads; a run allocates nothing. Different sessions run at the same
/// time without regard to each other; one session takes one run at a time. <see cref="Dispose"/> may come from any thread, also during a
/// run.
/// </summary>
/// <remarks>
/// The images of a batch are computed one after the other, so that activations stay in the caches. If there are at least as many images as
/// threads, each thread computes whole images; else all threads share the work of each image.
/// </remarks>
public sealed unsafe class Session : IDisposable
{
    private const int Idle = 0, Running = 1, Disposed = 2, RunningThenDisposed = 3;

    private static readonly TimeSpan s_preparation = TimeSpan.FromMilliseconds(2);

    private readonly ThreadTeam _team;
    private readonly AlignedBuffer _memory;
    private readonly LockedMemory? _locked;
    private readonly Workspace[] _workspaces;
    private readonly StepWork _stepWork;
    private readonly ImageWork _imageWork;
    private readonly RunStop _stop = new();

    // Inputs and outputs that the caller's memory was not named for lie here: pinned, so that a span of it stays valid whatever becomes of
    // the session.
    private readonly byte[]?[] _owned;

    // Where all inputs and then all outputs of the run that is under way lie.
    private readonly nint[] _ends;
    private int _state;

    /// <summary>How often the session was given back to its pool.</summary>
    internal int LeaseNumber;

    internal Session(Model model, SessionOptions options)
    {
        options.Validate();
        Model = model;
        Threads = options.Threads;
        BatchPlan batch = model.PlanFor(options);
        Images = batch.Images;
        Plan = batch.Plan;
        Inputs = [.. model.Optimized.Inputs.Select(
            (input, i) => new SessionValue(input.Name, batch.Inputs[i].Type, batch.Inputs[i].Shape))];
        Outputs = [.. model.Optimized.Outputs.Select(
            (output, i) => new SessionValue(output.Name, batch.Outputs[i].Type, batch.Outputs[i].Shape)
            {
                HasPaddedRows = batch.Outputs[i].HasPaddedRows,
            })];
        _ends = new nint[Inputs.Length + Outputs.Length];
        _owned = new byte[_ends.Length][];
        Steps =
        [
            .. Plan.Steps.Select(step => new StepInfo(
                step.Name, step.Kernel.Name, Scale(step.OutputShape), step.MultiplyAdds * Images, step.Kernel.IssuedMultiplyAdds * Images)
            {
                Nodes = step.Nodes,
            }),
        ];

        // The first workspace can be shared by all threads.
        int others = IsSpreadByImage ? Threads - 1 : 0;
        (long shared, long own) = WorkspaceBytes(others);
        ArenaBytes = shared + (own * others);
        AlignedBuffer.RequireAvailable(ArenaBytes);
        _memory = BufferPool.Shared.Rent(ArenaBytes);
        byte* memory = (byte*)_memory.Pointer;
        if (options.TouchesMemory)
        {
            NativeMemory.Clear(memory, checked((nuint)ArenaBytes));
        }

        _workspaces = new Workspace[1 + others];
        _workspaces[0] = new Workspace(Plan, memory, Threads);
        for (int i = 0; i < others; i++)
        {
            _workspaces[i + 1] = new Workspace(Plan, memory + shared + (own * i), 1);
        }

        _stepWork = new StepWork(_workspaces[0], _stop);
        _imageWork = new ImageWork(_workspaces, Images, _ends, _stop);
        try
        {
            _locked = options.LocksMemory ? new LockedMemory(_memory, model.Weights) : null;
            _team = new ThreadTeam(
                Threads, options.Spin, CoreBinding.Create(options.Affinity, Threads), options.StartThread, options.Priority);
        }
        catch
        {
            _locked?.Dispose();
            BufferPool.Shared.Return(_memory);
            throw;
        }
    }

    /// <summary>Lets the threads end if the session was never disposed.</summary>
    ~Session() => _team?.Stop();

    /// <summary>The model.</summary>
    public Model Model { get; }

    /// <summary>The inputs, in the graph's order.</summary>
    public ImmutableArray<SessionValue> Inputs { get; }

    /// <summary>The outputs, in the graph's order.</summary>
    public ImmutableArray<SessionValue> Outputs { get; }

    /// <summary>The shape of the first input.</summary>
    public Shape InputShape => Inputs[0].Shape;

    /// <summary>The shape of the first output.</summary>
    public Shape OutputShape => Outputs[0].Shape;

    /// <summary>The instruction set of the kernels.</summary>
    public Isa Isa => Plan.Isa;

    /// <summary>Threads that work on a run, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>Bytes that the session owns: activations, the workers' scratch and tables of pointers.</summary>
    public long ArenaBytes { get; }

    /// <summary>What a run does, in order; for a batch each step stands for all images.</summary>
    public ImmutableArray<StepInfo> Steps { get; }

    /// <summary>The plan, for one image if those of a batch are computed one by one.</summary>
    internal Plan Plan { get; }

    /// <summary>How often a run executes the plan.</summary>
    internal int Images { get; }

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    internal bool IsDisposed => Volatile.Read(ref _state) is Disposed or RunningThenDisposed;

    /// <summary>Whether the session is neither running nor disposed.</summary>
    internal bool IsIdle => Volatile.Read(ref _state) == Idle;

    private bool IsSpreadByImage => Batching.IsSpread(Images, Threads);

    /// <summary>Computes the output of a network with one input and one output, both Float32. Allocates nothing.</summary>
    /// <param name="input">Float32 in the order of <see cref="InputShape"/> (NCHW).</param>
    /// <param name="output">
    /// Receives float32 in the order of <see cref="OutputShape"/>. It must not share memory with <paramref name="input"/>: parts of the
    /// output are written while the input is still read.
    /// </param>
    /// <exception cref="ShapeException">The length of a span is not that of its shape.</exception>
    /// <exception cref="InvalidOperationException">Another thread is running this session.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public void Run(ReadOnlySpan<float> input, Span<float> output) => Run<float, float>(input, output);

    /// <summary>Computes the output as <see cref="Run(ReadOnlySpan{float}, Span{float})"/> does, unless a token is cancelled.</summary>
    /// <remarks>
    /// The token is looked at before each step, so a run ends no later than the step that is under way. A run whose last step has begun is
    /// completed. One that was stopped leaves the output incomplete: it may hold old values, new ones and others. The session can run again
    /// at once.
    /// </remarks>
    /// <param name="input">Float32 in the order of <see cref="InputShape"/> (NCHW).</param>
    /// <param name="output">Receives float32 in the order of <see cref="OutputShape"/>.</param>
    /// <param name="cancellation">Stops the run between two steps.</param>
    /// <exception cref="OperationCanceledException">The run was stopped; what the output holds is unspecified.</exception>
    /// <inheritdoc cref="Run(ReadOnlySpan{float}, Span{float})" path="/exception"/>
    public void Run(ReadOnlySpan<float> input, Span<float> output, CancellationToken cancellation) =>
        Run<float, float>(input, output, cancellation);

    /// <summary>Computes the output as <see cref="Run(ReadOnlySpan{float}, Span{float})"/> does, unless it takes too long.</summary>
    /// <remarks>
    /// The clock is looked at before each step, as the token is in
    /// <see cref="Run(ReadOnlySpan{float}, Span{float}, CancellationToken)"/>. A missed limit costs an exception; a run in time allocates
    /// nothing.
    /// </remarks>
    /// <param name="input">Float32 in the order of <see cref="InputShape"/> (NCHW).</param>
    /// <param name="output">Receives float32 in the order of <see cref="OutputShape"/>.</param>
    /// <param name="limit">
    /// How long the run may go on, counted from the call. With 0 or less, as when a deadline has passed, it is stopped before the first
    /// step; <see cref="TimeSpan.MaxValue"/> is no limit.
    /// </param>
    /// <exception cref="OperationCanceledException">The run was stopped; what the output holds is unspecified.</exception>
    /// <inheritdoc cref="Run(ReadOnlySpan{float}, Span{float})" path="/exception"/>
    public void Run(ReadOnlySpan<float> input, Span<float> output, TimeSpan limit) => Run<float, float>(input, output, limit);

    /// <summary>Computes the output of a network with one input and one output of any types. Allocates nothing.</summary>
    /// <param name="input">All elements in the order of <see cref="InputShape"/>.</param>
    /// <param name="output">Receives all elements in the order of <see cref="OutputShape"/>.</param>
    /// <inheritdoc cref="Run(ReadOnlySpan{float}, Span{float})" path="/exception"/>
    public void Run<TInput, TOutput>(ReadOnlySpan<TInput> input, Span<TOutput> output)
        where TInput : unmanaged
        where TOutput : unmanaged => Run(input, output, default(RunLimit));

    /// <summary>The same unless a token is cancelled, see <see cref="Run(ReadOnlySpan{float}, Span{float}, CancellationToken)"/>.</summary>
    /// <param name="input">All elements in the order of <see cref="InputShape"/>.</param>
    /// <param name="output">Receives all elements in the order of <see cref="OutputShape"/>.</param>
    /// <param name="cancellation">Stops the run between two steps.</param>
    /// <inheritdoc cref="Run(ReadOnlySpan{float}, Span{float}, CancellationToken)" path="/exception"/>
    public void Run<TInput, TOutput>(ReadOnlySpan<TInput> input, Span<TOutput> output, CancellationToken cancellation)
        where TInput : unmanaged
        where TOutput : unmanaged => Run(input, output, new RunLimit(cancellation));

    /// <summary>The same unless it takes too long, see <see cref="Run(ReadOnlySpan{float}, Span{float}, TimeSpan)"/>.</summary>
    /// <param name="input">All elements in the order of <see cref="InputShape"/>.</param>
    /// <param name="output">Receives all elements in the order of <see cref="OutputShape"/>.</param>
    /// <param name="limit">How long the run may go on.</param>
    /// <inheritdoc cref="Run(ReadOnlySpan{float}, Span{float}, TimeSpan)" path="/exception"/>
    public void Run<TInput, TOutput>(ReadOnlySpan<TInput> input, Span<TOutput> output, TimeSpan limit)
        where TInput : unmanaged
        where TOutput : unmanaged => Run(input, output, new RunLimit(limit));

    /// <summary>Computes all outputs from all inputs in the session's own memory. Allocates nothing after the first call.</summary>
    /// <inheritdoc cref="SessionCall.Run()" path="/exception"/>
    public void Run() => Execute([], null);

    /// <summary>The same unless a token is cancelled, see <see cref="Run(ReadOnlySpan{float}, Span{float}, CancellationToken)"/>.</summary>
    /// <param name="cancellation">Stops the run between two steps.</param>
    /// <inheritdoc cref="SessionCall.Run(CancellationToken)" path="/exception"/>
    public void Run(CancellationToken cancellation) => Execute([], null, new RunLimit(cancellation));

    /// <summary>The same unless it takes too long, see <see cref="Run(ReadOnlySpan{float}, Span{float}, TimeSpan)"/>.</summary>
    /// <param name="limit">How long the run may go on.</param>
    /// <inheritdoc cref="SessionCall.Run(TimeSpan)" path="/exception"/>
    public void Run(TimeSpan limit) => Execute([], null, new RunLimit(limit));

    /// <summary>Runs work of the caller's own on the session's threads, and returns when it is done. Allocates nothing.</summary>
    /// <param name="work">What to do. It must not use this session.</param>
    /// <exception cref="DwEngineException">A task threw it.</exception>
    /// <exception cref="InvalidOperationException">
    /// Another thread is running this session, or a task failed otherwise: the inner exception tells why.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public void Run(SessionWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        Enter();
        try
        {
            _team.Run(work);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Prepares a run that reads inputs and writes outputs in the caller's memory, by name.</summary>
    public SessionCall With() => new(this);

    /// <summary>The session's own memory of an input, to be written before a run. It stays readable after <see cref="Dispose"/>.</summary>
    /// <param name="name">The input's name.</param>
    /// <exception cref="GraphException">There is no such input.</exception>
    /// <exception cref="ArgumentException">Its elements are of another type.</exception>
    public Span<T> Input<T>(string name) where T : unmanaged => MemoryMarshal.Cast<byte, T>(Own(CheckInput<T>(name, null)));

    /// <summary>The session's own memory of an input as bytes, whatever the type of its elements.</summary>
    /// <param name="name">The input's name.</param>
    /// <exception cref="GraphException">There is no such input.</exception>
    public Span<byte> InputBytes(string name) => Own(SessionValues.Find(Inputs, "input", name));

    /// <summary>The session's own memory of an output as bytes, whatever the type of its elements.</summary>
    /// <param name="name">The output's name.</param>
    /// <exception cref="GraphException">There is no such output.</exception>
    public ReadOnlySpan<byte> OutputBytes(string name) => Own(Inputs.Length + SessionValues.Find(Outputs, "output", name));

    /// <summary>The session's own memory of an output, to be read after a run. It stays readable after <see cref="Dispose"/>.</summary>
    /// <param name="name">The output's name.</param>
    /// <exception cref="GraphException">There is no such output.</exception>
    /// <exception cref="ArgumentException">Its elements are of another type.</exception>
    public ReadOnlySpan<T> Output<T>(string name) where T : unmanaged => MemoryMarshal.Cast<byte, T>(Own(CheckOutput<T>(name, null)));

    /// <summary>
    /// Wakes the helper threads for a run that is about to come, and keeps them polling for it for up to 2 ms;
    /// see <see cref="Prepare(TimeSpan)"/>.
    /// </summary>
    /// <inheritdoc cref="Prepare(TimeSpan)" path="/exception"/>
    public void Prepare() => Prepare(s_preparation);

    /// <summary>
    /// Wakes the helper threads for a run that is about to come, so that they are awake when it begins: to be called while the last rows of
    /// a frame arrive, or before its pixels are converted. Returns at once and allocates nothing. Does nothing in a session of one thread.
    /// </summary>
    /// <remarks>
    /// It costs a few microseconds of the caller's time for each helper that is parked, and keeps each helper's core busy until the run
    /// begins, or for <paramref name="limit"/> if none does. A parked helper wakes within some tens of microseconds: to call earlier than
    /// that costs CPU time and gains nothing more. A further call sets the time anew.
    /// </remarks>
    /// <param name="limit">How long the helpers wait for the run before they park again: above 0, up to a second.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is out of range.</exception>
    /// <exception cref="InvalidOperationException">Another thread is running this session.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public void Prepare(TimeSpan limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, TimeSpan.FromSeconds(1));
        Enter();
        try
        {
            _team.Prepare(limit);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Lets the next run choose the helpers' cores anew, as one does whose caller has come to the core of a helper.</summary>
    /// <inheritdoc cref="Prepare(TimeSpan)" path="/exception[position()>1]"/>
    internal void ChooseCoresAnew()
    {
        Enter();
        try
        {
            _team.ChooseCoresAnew();
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>
    /// Runs until all code of a run is compiled in its best form and all memory of the session was touched, so that the first frame is
    /// computed as fast as later ones. It takes half a second to four seconds and the run that has begun, and ends as
    /// <see cref="Runtime.WarmUp"/> does. One session for each model, shape and number of threads is enough for the code.
    /// </summary>
    /// <remarks>
    /// Inputs are what the session's own memory holds, zeros where nothing was written to it; they are only read. Outputs go elsewhere, or
    /// are put back: the session's own hold what they held before. If some of the session's own memory was asked for before, all of it is
    /// made, so that <see cref="Run()"/> allocates nothing either.
    /// </remarks>
    /// <param name="cancellation">Stops it between two runs.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <inheritdoc cref="SessionCall.Run()" path="/exception"/>
    public void WarmUp(CancellationToken cancellation = default) => new SessionWarmUp(this).Run(cancellation);

    /// <summary>
    /// Computes the output and measures each step. The result is that of <see cref="Run(ReadOnlySpan{float}, Span{float})"/>; all threads
    /// share the work of each image here, so a batch may take longer.
    /// </summary>
    /// <param name="input">Float32 in the order of <see cref="InputShape"/>.</param>
    /// <param name="output">
    /// Receives float32 in the order of <see cref="OutputShape"/>. It must not share memory with <paramref name="input"/>.
    /// </param>
    /// <param name="durations">
    /// Receives one duration for each of <see cref="Steps"/>: the sum over all images. They must not share memory with
    /// <paramref name="output"/>.
    /// </param>
    /// <inheritdoc cref="Run(ReadOnlySpan{float}, Span{float})" path="/exception"/>
    public void Profile(ReadOnlySpan<float> input, Span<float> output, Span<TimeSpan> durations)
    {
        RequireOneOfEach<float, float>(input.Length, output.Length);
        if (MemoryMarshal.AsBytes(durations).Overlaps(MemoryMarshal.AsBytes(output)))
        {
            throw new ArgumentException("The durations overlap the output; each needs memory of its own.", nameof(durations));
        }

        fixed (float* source = input, target = output)
        {
            Profile([(nint)source, (nint)target], durations);
        }
    }

    /// <summary>Computes all outputs from all inputs in the session's own memory, and measures each step.</summary>
    /// <param name="durations">Receives one duration for each of <see cref="Steps"/>: the sum over all images.</param>
    /// <inheritdoc cref="SessionCall.Run()" path="/exception"/>
    public void Profile(Span<TimeSpan> durations) => Profile([], durations);

    internal int CheckInput<T>(string name, int? length) where T : unmanaged => SessionValues.Check<T>(Inputs, "input", name, length);

    internal int CheckOutput<T>(string name, int? length) where T : unmanaged =>
        Inputs.Length + SessionValues.Check<T>(Outputs, "output", name, length);

    /// <summary>Gives memory and threads back: at once, or when the run that is under way ends.</summary>
    public void Dispose()
    {
        while (true)
        {
            switch (Volatile.Read(ref _state))
            {
                case Idle when Interlocked.CompareExchange(ref _state, Disposed, Idle) == Idle:
                    Free();
                    return;
                case Running when Interlocked.CompareExchange(ref _state, RunningThenDisposed, Running) == Running:
                case Disposed or RunningThenDisposed:
                    return;
            }
        }
    }

    // Bytes of the workspace that all threads can share, and of each of the others.
    private (long Shared, long Own) WorkspaceBytes(int others)
    {
        try
        {
            long shared = Workspace.ByteLength(Plan, Threads), own = Workspace.ByteLength(Plan, 1);
            _ = checked(shared + (own * others));
            return (shared, own);
        }
        catch (OverflowException error)
        {
            throw new ShapeException(
                $"{Threads} threads on inputs of {string.Join(", ", Inputs.Select(input => input.Shape))} need more memory than can "
                + "be counted.", error);
        }
    }

    private void RequireOneOfEach<TInput, TOutput>(int inputLength, int outputLength)
        where TInput : unmanaged
        where TOutput : unmanaged
    {
        if (Inputs.Length != 1 || Outputs.Length != 1)
        {
            throw new ArgumentException(
                $"This network has {Words.Count(Inputs.Length, "input")} and {Words.Count(Outputs.Length, "output")}; "
                + $"name them with {nameof(With)} or {nameof(Input)}.");
        }

        if (Inputs[0].Type != ElementTypes.Of<TInput>() || Outputs[0].Type != ElementTypes.Of<TOutput>())
        {
            throw new ArgumentException(
                $"Expected spans of {Inputs[0].Type} and {Outputs[0].Type}, found {ElementTypes.Of<TInput>()} and "
                    + $"{ElementTypes.Of<TOutput>()}.");
        }

        SessionValues.RequireLength("input", inputLength, InputShape);
        SessionValues.RequireLength("output", outputLength, OutputShape);
    }

    private void Run<TInput, TOutput>(ReadOnlySpan<TInput> input, Span<TOutput> output, in RunLimit limit)
        where TInput : unmanaged
        where TOutput : unmanaged
    {
        RequireOneOfEach<TInput, TOutput>(input.Length, output.Length);
        fixed (TInput* source = input)
        fixed (TOutput* target = output)
        {
            Execute([(nint)source, (nint)target], null, limit);
        }
    }

    private SessionValue ValueAt(int end) => end < Inputs.Length ? Inputs[end] : Outputs[end - Inputs.Length];

    /// <summary>Whether an input or output lies in memory of the session.</summary>
    internal bool HasOwn(int end) => _owned[end] is not null;

    /// <summary>The session's own memory of an input or, counted on, an output.</summary>
    internal Span<byte> Own(int end)
    {
        int length = checked((int)ValueAt(end).ByteLength);
        byte[] memory = _owned[end] ??= GC.AllocateArray<byte>(length + AlignedBuffer.Alignment, pinned: true);
        nint address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(memory));
        return memory.AsSpan((int)(-address & (AlignedBuffer.Alignment - 1)), length);
    }

    private Shape Scale(Shape shape) => shape.Rank == 0 || Images == 1 ? shape : shape.With(0, checked(shape[0] * Images));

    private void Profile(ReadOnlySpan<nint> memory, Span<TimeSpan> durations)
    {
        if (durations.Length != Steps.Length)
        {
            throw new ShapeException($"Expected room for {Words.Count(Steps.Length, "duration")}; found {durations.Length}.");
        }

        var clock = new StepClock(Steps.Length);
        Execute(memory, clock);
        clock.Durations.CopyTo(durations);
    }

    // The memory of the inputs and then the outputs, pinned; 0 or none for the session's own.
    internal void Execute(ReadOnlySpan<nint> memory, StepClock? clock, in RunLimit limit = default)
    {
        Enter();
        try
        {
            for (int end = 0; end < _ends.Length; end++)
            {
                _ends[end] = end < memory.Length && memory[end] != 0
                    ? memory[end]
                    : (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Own(end)));
            }

            RefuseOverlaps();
            _stop.Set(limit);
            RunImages(clock);
            if (_stop.IsStopped)
            {
                throw limit.Error();
            }
        }
        finally
        {
            _stop.Clear();
            Leave();
        }
    }

    private void RunImages(StepClock? clock)
    {
        if (IsSpreadByImage && clock is null)
        {
            _team.Run(_imageWork);
            return;
        }

        _stepWork.Clock = clock;
        for (int image = 0; image < Images && !_stop.StopsNow(); image++)
        {
            _imageWork.Point(image, 0);
            clock?.Start();
            _team.Run(_stepWork);
        }
    }

    // Inputs are read and outputs written in an order of the plan's own, so shared memory would give wrong numbers.
    private void RefuseOverlaps()
    {
        for (int output = Inputs.Length; output < _ends.Length; output++)
        {
            for (int other = 0; other < output; other++)
            {
                if (_ends[output] < _ends[other] + ValueAt(other).ByteLength && _ends[other] < _ends[output] + ValueAt(output).ByteLength)
                {
                    throw new ArgumentException(
                        $"The output '{ValueAt(output).Name}' must not overlap '{ValueAt(other).Name}' in memory; give it memory of its "
                            + $"own.");
                }
            }
        }
    }

    private void Enter()
    {
        int state = Interlocked.CompareExchange(ref _state, Running, Idle);
        ObjectDisposedException.ThrowIf(state is Disposed or RunningThenDisposed, this);
        if (state == Running)
        {
            throw new InvalidOperationException("Another thread is running this session; use one session for each thread.");
        }
    }

    private void Leave()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Running) == RunningThenDisposed)
        {
            Volatile.Write(ref _state, Disposed);
            Free();
        }
    }

    private void Free()
    {
        _team.Dispose();
        _locked?.Dispose();
        BufferPool.Shared.Return(_memory);
        Model.SessionEnded();
        GC.SuppressFinalize(this);
    }
}
