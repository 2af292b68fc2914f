using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using DwEngine.Planning;
using DwEngine.Runtime.Cores;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>
/// Runs a model for one input shape. A session owns its arena and its threads; a run allocates nothing. Different sessions run at the same
/// time without regard to each other; one session takes one run at a time. <see cref="Dispose"/> may come from any thread, also during a run.
/// </summary>
/// <remarks>
/// The images of a batch are computed one after the other, so that activations stay in the caches. If there are at least as many images as threads, each
/// thread computes whole images; else all threads share the work of each image.
/// </remarks>
public sealed unsafe class Session : IDisposable
{
    private const int Idle = 0, Running = 1, Disposed = 2, RunningThenDisposed = 3;

    private static readonly TimeSpan s_preparation = TimeSpan.FromMilliseconds(2);

    private readonly Plan _plan;
    private readonly int _images;
    private readonly ThreadTeam _team;
    private readonly AlignedBuffer _memory;
    private readonly Workspace[] _workspaces;
    private readonly StepWork _stepWork;
    private readonly ImageWork _imageWork;
    private int _state;

    /// <summary>How often the session was given back to its pool.</summary>
    internal int LeaseNumber;

    internal Session(Model model, SessionOptions options)
    {
        options.Validate();
        Model = model;
        Threads = options.Threads;
        InputShape = options.InputShape ?? model.DefaultInputShape;
        OutputShape = model.OutputShapeFor(InputShape);
        RequireSpan("input", InputShape);
        RequireSpan("output", OutputShape);
        Shape image = ImageShape(model, InputShape, OutputShape);
        _images = image == InputShape ? 1 : InputShape[0];
        _plan = model.PlanFor(image, options.Isa ?? Isas.Best);
        Steps =
        [
            .. _plan.Steps.Select(step => new StepInfo(
                step.Name, step.Kernel.Name, Scale(step.OutputShape), step.MultiplyAdds * _images, step.Kernel.IssuedMultiplyAdds * _images)),
        ];

        // The first workspace can be shared by all threads.
        int others = IsSpreadByImage ? Threads - 1 : 0;
        (long shared, long own) = WorkspaceBytes(others);
        ArenaBytes = shared + (own * others);
        AlignedBuffer.RequireAvailable(ArenaBytes);
        _memory = BufferPool.Shared.Rent(ArenaBytes);
        byte* memory = (byte*)_memory.Pointer;
        _workspaces = new Workspace[1 + others];
        _workspaces[0] = new Workspace(_plan, memory, Threads);
        for (int i = 0; i < others; i++)
        {
            _workspaces[i + 1] = new Workspace(_plan, memory + shared + (own * i), 1);
        }

        _stepWork = new StepWork(_workspaces[0]);
        _imageWork = new ImageWork(_workspaces, _images, _plan.InputShapes[0].ElementCount, _plan.OutputShapes[0].ElementCount);
        try
        {
            _team = new ThreadTeam(Threads, options.Spin, CoreBinding.Create(options.Affinity, Threads), options.StartThread);
        }
        catch
        {
            BufferPool.Shared.Return(_memory);
            throw;
        }
    }

    /// <summary>Lets the threads end if the session was never disposed.</summary>
    ~Session() => _team?.Stop();

    /// <summary>The model.</summary>
    public Model Model { get; }

    /// <summary>The input's shape.</summary>
    public Shape InputShape { get; }

    /// <summary>The output's shape.</summary>
    public Shape OutputShape { get; }

    /// <summary>The instruction set of the kernels.</summary>
    public Isa Isa => _plan.Isa;

    /// <summary>Threads that work on a run, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>Bytes that the session owns: activations, the workers' scratch and tables of pointers.</summary>
    public long ArenaBytes { get; }

    /// <summary>What a run does, in order; for a batch each step stands for all images.</summary>
    public ImmutableArray<StepInfo> Steps { get; }

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    internal bool IsDisposed => Volatile.Read(ref _state) is Disposed or RunningThenDisposed;

    /// <summary>Whether the session is neither running nor disposed.</summary>
    internal bool IsIdle => Volatile.Read(ref _state) == Idle;

    private bool IsSpreadByImage => _images > 1 && _images >= Threads;

    /// <summary>Computes the output for one input. Allocates nothing.</summary>
    /// <param name="input">Float32 in the order of <see cref="InputShape"/> (NCHW).</param>
    /// <param name="output">
    /// Receives float32 in the order of <see cref="OutputShape"/>. It must not share memory with <paramref name="input"/>: parts of the output
    /// are written while the input is still read.
    /// </param>
    /// <exception cref="ShapeException">A span has not the length of its shape.</exception>
    /// <exception cref="ArgumentException">Two spans overlap.</exception>
    /// <exception cref="InvalidOperationException">Another thread is running this session.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public void Run(ReadOnlySpan<float> input, Span<float> output) => Run(input, output, null);

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

    /// <summary>
    /// Computes the output and measures each step. The result is that of <see cref="Run(ReadOnlySpan{float}, Span{float})"/>; all threads share the work of each image
    /// here, so a batch may take longer.
    /// </summary>
    /// <param name="input">Float32 in the order of <see cref="InputShape"/>.</param>
    /// <param name="output">Receives float32 in the order of <see cref="OutputShape"/>. It must not share memory with <paramref name="input"/>.</param>
    /// <param name="durations">
    /// Receives one duration for each of <see cref="Steps"/>: the sum over all images. They must not share memory with <paramref name="output"/>.
    /// </param>
    /// <inheritdoc cref="Run(ReadOnlySpan{float}, Span{float})" path="/exception"/>
    public void Profile(ReadOnlySpan<float> input, Span<float> output, Span<TimeSpan> durations)
    {
        if (durations.Length != Steps.Length)
        {
            throw new ShapeException($"Expected room for {Steps.Length} durations; found {durations.Length}.");
        }

        if (MemoryMarshal.AsBytes(durations).Overlaps(MemoryMarshal.AsBytes(output)))
        {
            throw new ArgumentException("The durations overlap the output; each needs memory of its own.", nameof(durations));
        }

        var clock = new StepClock(Steps.Length);
        Run(input, output, clock);
        clock.Durations.CopyTo(durations);
    }

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

    // The shape of one image of a batch, or the whole shape if the network does not treat its images alike and apart.
    private static Shape ImageShape(Model model, Shape input, Shape output)
    {
        if (input.Rank < 2 || input[0] < 2 || output.Rank < 1 || output[0] != input[0])
        {
            return input;
        }

        Shape image = input.With(0, 1);
        return model.OutputShapeFor(image) == output.With(0, 1) ? image : input;
    }

    private static void RequireLength(string name, int length, Shape shape)
    {
        if (length != shape.ElementCount)
        {
            throw new ShapeException($"The {name} has {length} elements; expected {shape.ElementCount} for shape {shape}.");
        }
    }

    private static void RequireSpan(string name, Shape shape)
    {
        if (shape.ElementCount > int.MaxValue)
        {
            throw new ShapeException($"The {name} of shape {shape} has {shape.ElementCount} elements; a span holds at most {int.MaxValue}.");
        }
    }

    // Bytes of the workspace that all threads can share, and of each of the others.
    private (long Shared, long Own) WorkspaceBytes(int others)
    {
        try
        {
            long shared = Workspace.ByteLength(_plan, Threads), own = Workspace.ByteLength(_plan, 1);
            _ = checked(shared + (own * others));
            return (shared, own);
        }
        catch (OverflowException)
        {
            throw new ShapeException($"{Threads} threads on an input of shape {InputShape} need more memory than can be counted.");
        }
    }

    private Shape Scale(Shape shape) => shape.Rank == 0 ? shape : shape.With(0, checked(shape[0] * _images));

    private void Run(ReadOnlySpan<float> input, Span<float> output, StepClock? clock)
    {
        RequireLength("input", input.Length, InputShape);
        RequireLength("output", output.Length, OutputShape);
        if (input.Overlaps(output))
        {
            throw new ArgumentException("The output overlaps the input; each needs memory of its own.", nameof(output));
        }

        Enter();
        try
        {
            fixed (float* source = input, target = output)
            {
                _imageWork.Point(source, target);
                if (IsSpreadByImage && clock is null)
                {
                    _team.Run(_imageWork);
                    return;
                }

                _stepWork.Clock = clock;
                for (int image = 0; image < _images; image++)
                {
                    _imageWork.Point(image, 0);
                    clock?.Start();
                    _team.Run(_stepWork);
                }
            }
        }
        finally
        {
            Leave();
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
        BufferPool.Shared.Return(_memory);
        GC.SuppressFinalize(this);
    }

    /// <summary>Adds up the time of each step.</summary>
    private sealed class StepClock(int steps)
    {
        private long _last;

        public TimeSpan[] Durations { get; } = new TimeSpan[steps];

        public void Start() => _last = Stopwatch.GetTimestamp();

        public void Completed(int step)
        {
            long now = Stopwatch.GetTimestamp();
            Durations[step] += Stopwatch.GetElapsedTime(_last, now);
            _last = now;
        }
    }

    /// <summary>One image, whose steps all threads share.</summary>
    private sealed class StepWork(Workspace workspace) : ITeamWork
    {
        public StepClock? Clock { get; set; }

        public int StepCount => workspace.StepCount;

        public int TaskCount(int step) => workspace.TaskCount(step);

        public int Parts(int step) => workspace.Parts(step);

        public void Run(int step, int first, int end, int worker) => workspace.Run(step, first, end, worker);

        public void Completed(int step) => Clock?.Completed(step);
    }

    /// <summary>Images, each computed by one thread in a workspace of its own.</summary>
    private sealed class ImageWork(Workspace[] workspaces, int images, long inputLength, long outputLength) : ITeamWork
    {
        private float* _input;
        private float* _output;

        public int StepCount => 1;

        public void Point(float* input, float* output)
        {
            _input = input;
            _output = output;
        }

        /// <summary>Lets a workspace read and write a certain image.</summary>
        public void Point(int image, int workspace) =>
            workspaces[workspace].Point(_input + (nint)(image * inputLength), _output + (nint)(image * outputLength));

        public int TaskCount(int step) => images;

        public int Parts(int step) => images;

        public void Run(int step, int first, int end, int worker)
        {
            for (int image = first; image < end; image++)
            {
                Point(image, worker);
                workspaces[worker].RunAll();
            }
        }

        public void Completed(int step)
        {
        }
    }
}
