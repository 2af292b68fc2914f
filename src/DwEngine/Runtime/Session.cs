using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Planning;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>
/// Runs a model for one input shape. A session owns its arena and its threads; a run allocates nothing. Different sessions run at the same
/// time without regard to each other; one session takes one run at a time. <see cref="Dispose"/> may come from any thread, also during a run.
/// </summary>
public sealed unsafe class Session : IDisposable, ITeamWork
{
    private const int Idle = 0, Running = 1, Disposed = 2, RunningThenDisposed = 3;

    private readonly Plan _plan;
    private readonly ThreadTeam _team;
    private readonly AlignedBuffer _memory;
    private readonly StepTables[] _tables;
    private readonly OutsidePlane[] _outside;
    private readonly byte* _scratch;
    private long[]? _ticks;
    private int _state;

    internal Session(Model model, SessionOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1, nameof(options.Threads));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Spin, TimeSpan.Zero, nameof(options.Spin));
        Model = model;
        Threads = options.Threads;
        _plan = model.PlanFor(options.InputShape ?? model.DefaultInputShape, options.Isa ?? Isas.Best);
        Steps = [.. _plan.Steps.Select(step => new StepInfo(step.Name, step.Kernel.Name, step.OutputShape, step.MultiplyAdds))];

        long activations = RoundUp(_plan.ArenaLength * sizeof(float));
        long scratch = RoundUp(_plan.ScratchBytes);
        long tables = _plan.Steps.Sum(step => (long)step.Inputs.Length + step.Outputs.Length) * sizeof(float*);
        ArenaBytes = checked(activations + (scratch * Threads) + tables);
        _memory = BufferPool.Shared.Rent(ArenaBytes);
        _scratch = (byte*)_memory.Pointer + activations;
        ScratchStride = scratch;
        (_tables, _outside) = LayTables((float**)(_scratch + (scratch * Threads)));
        // Lanes beyond a plane's end are computed with and thrown away; denormals or NaN left by an earlier tenant would only cost time.
        NativeMemory.Clear(_memory.Pointer, checked((nuint)(_plan.ArenaLength * sizeof(float))));
        _team = new ThreadTeam(Threads, options.Spin);
    }

    /// <summary>Lets the threads end if the session was never disposed.</summary>
    ~Session() => _team?.Stop();

    /// <summary>The model.</summary>
    public Model Model { get; }

    /// <summary>The input's shape.</summary>
    public Shape InputShape => _plan.InputShapes[0];

    /// <summary>The output's shape.</summary>
    public Shape OutputShape => _plan.OutputShapes[0];

    /// <summary>The instruction set of the kernels.</summary>
    public Isa Isa => _plan.Isa;

    /// <summary>Threads that work on a run, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>Bytes that the session owns: activations, the workers' scratch and tables of pointers.</summary>
    public long ArenaBytes { get; }

    /// <summary>What a run does, in order.</summary>
    public ImmutableArray<StepInfo> Steps { get; }

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    internal bool IsDisposed => Volatile.Read(ref _state) is Disposed or RunningThenDisposed;

    private long ScratchStride { get; }

    /// <summary>Computes the output for one input. Allocates nothing.</summary>
    /// <param name="input">Float32 in the order of <see cref="InputShape"/> (NCHW).</param>
    /// <param name="output">Receives float32 in the order of <see cref="OutputShape"/>.</param>
    /// <exception cref="ShapeException">A span has not the length of its shape.</exception>
    /// <exception cref="InvalidOperationException">Another thread is running this session.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public void Run(ReadOnlySpan<float> input, Span<float> output)
    {
        RequireLength("input", input.Length, InputShape);
        RequireLength("output", output.Length, OutputShape);
        Enter();
        try
        {
            fixed (float* source = input, target = output)
            {
                foreach (OutsidePlane plane in _outside)
                {
                    *plane.Slot = (plane.IsInput ? source : target) + plane.Offset;
                }

                if (_ticks is { } ticks)
                {
                    ticks[0] = Stopwatch.GetTimestamp();
                }

                _team.Run(this);
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Computes the output and measures each step. Only the measurement costs more than <see cref="Run"/>; the result is the same.</summary>
    /// <param name="input">Float32 in the order of <see cref="InputShape"/>.</param>
    /// <param name="output">Receives float32 in the order of <see cref="OutputShape"/>.</param>
    /// <param name="durations">Receives one duration for each of <see cref="Steps"/>.</param>
    /// <inheritdoc cref="Run" path="/exception"/>
    public void Profile(ReadOnlySpan<float> input, Span<float> output, Span<TimeSpan> durations)
    {
        if (durations.Length != Steps.Length)
        {
            throw new ShapeException($"Expected room for {Steps.Length} durations; found {durations.Length}.");
        }

        long[] ticks = new long[Steps.Length + 1];
        _ticks = ticks;
        try
        {
            Run(input, output);
        }
        finally
        {
            _ticks = null;
        }

        for (int i = 0; i < durations.Length; i++)
        {
            durations[i] = Stopwatch.GetElapsedTime(ticks[i], ticks[i + 1]);
        }
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

    int ITeamWork.StepCount => _tables.Length;

    int ITeamWork.TaskCount(int step) => _tables[step].TaskCount;

    int ITeamWork.Parts(int step) => _tables[step].Parts;

    void ITeamWork.Run(int step, int first, int end, int worker)
    {
        ref readonly StepTables tables = ref _tables[step];
        tables.Kernel.Run(new KernelArguments(tables.Inputs, tables.Outputs, _scratch + (ScratchStride * worker)), first, end);
    }

    void ITeamWork.Completed(int step)
    {
        if (_ticks is { } ticks)
        {
            ticks[step + 1] = Stopwatch.GetTimestamp();
        }
    }

    private static long RoundUp(long bytes) => (bytes + AlignedBuffer.Alignment - 1) / AlignedBuffer.Alignment * AlignedBuffer.Alignment;

    private static void RequireLength(string name, int length, Shape shape)
    {
        if (length != shape.ElementCount)
        {
            throw new ShapeException($"The {name} has {length} elements; expected {shape.ElementCount} for shape {shape}.");
        }
    }

    private (StepTables[] Tables, OutsidePlane[] Outside) LayTables(float** next)
    {
        var tables = new StepTables[_plan.Steps.Length];
        var outside = new List<OutsidePlane>();
        for (int i = 0; i < tables.Length; i++)
        {
            PlanStep step = _plan.Steps[i];
            float** inputs = next;
            next = LayTable(next, step.Inputs, outside);
            float** outputs = next;
            next = LayTable(next, step.Outputs, outside);
            tables[i] = new StepTables(step.Kernel, step.Kernel.TaskCount, inputs, outputs);
        }

        return (tables, [.. outside]);
    }

    private float** LayTable(float** slot, ImmutableArray<PlaneAddress> addresses, List<OutsidePlane> outside)
    {
        foreach (PlaneAddress address in addresses)
        {
            PlanBuffer buffer = _plan.Buffers[address.Buffer];
            if (buffer.Kind == BufferKind.Arena)
            {
                *slot = _memory.Floats + buffer.Offset + address.Offset;
            }
            else
            {
                outside.Add(new OutsidePlane(slot, address.Offset, buffer.Kind == BufferKind.Input));
            }

            slot++;
        }

        return slot;
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

    private readonly struct StepTables(BoundKernel kernel, int taskCount, float** inputs, float** outputs)
    {
        public readonly BoundKernel Kernel = kernel;
        public readonly int TaskCount = taskCount;
        public readonly int Parts = kernel.Parts;
        public readonly float** Inputs = inputs;
        public readonly float** Outputs = outputs;
    }

    // A slot of a pointer table that points into the caller's memory, and so changes with every run.
    private readonly struct OutsidePlane(float** slot, int offset, bool isInput)
    {
        public readonly float** Slot = slot;
        public readonly int Offset = offset;
        public readonly bool IsInput = isInput;
    }
}
