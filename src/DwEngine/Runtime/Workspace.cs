using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Planning;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>
/// A plan laid out in memory that its owner provides: the activations, scratch for some workers, and the tables of plane pointers. It runs
/// one input at a time.
/// </summary>
internal sealed unsafe class Workspace
{
    private readonly Plan _plan;
    private readonly StepTables[] _steps;
    private readonly OutsidePlane[] _outside;
    private readonly byte* _scratch;
    private readonly long _scratchStride;

    /// <summary>Lays a plan out.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="memory">
    /// <see cref="ByteLength"/> bytes, aligned to <see cref="AlignedBuffer.Alignment"/>, that outlive the workspace.
    /// </param>
    /// <param name="workers">Workers that share the tasks of a step.</param>
    public Workspace(Plan plan, byte* memory, int workers)
    {
        _plan = plan;
        _scratchStride = RoundUp(plan.ScratchBytes);
        _scratch = memory + RoundUp(plan.ArenaBytes);
        // Lanes beyond a plane's end are computed with and thrown away; denormals or NaN left by an earlier tenant would only cost time.
        NativeMemory.Clear(memory, checked((nuint)plan.ArenaBytes));

        var outside = new List<OutsidePlane>();
        _steps = new StepTables[plan.Steps.Length];
        byte** next = (byte**)(_scratch + (_scratchStride * workers));
        for (int i = 0; i < _steps.Length; i++)
        {
            PlanStep step = plan.Steps[i];
            byte** inputs = next;
            next = LayTable(next, step.Inputs, memory, outside);
            byte** outputs = next;
            next = LayTable(next, step.Outputs, memory, outside);
            _steps[i] = new StepTables(step.Kernel, inputs, outputs);
        }

        _outside = [.. outside];
    }

    /// <summary>The number of steps.</summary>
    public int StepCount => _steps.Length;

    /// <summary>Bytes that a plan needs, a multiple of <see cref="AlignedBuffer.Alignment"/>.</summary>
    public static long ByteLength(Plan plan, int workers)
    {
        long tables = plan.Steps.Sum(step => (long)step.Inputs.Length + step.Outputs.Length) * sizeof(byte*);
        return checked(RoundUp(plan.ArenaBytes) + (RoundUp(plan.ScratchBytes) * workers) + RoundUp(tables));
    }

    /// <summary>Says which image of which memory the next run is about, until the next call.</summary>
    /// <param name="ends">The addresses of all inputs in the graph's order, then of all outputs.</param>
    /// <param name="image">The image; each is as long as the plan says.</param>
    public void Point(ReadOnlySpan<nint> ends, int image)
    {
        foreach (OutsidePlane plane in _outside)
        {
            *plane.Slot = (byte*)ends[plane.End] + (plane.ImageBytes * image) + plane.Offset;
        }
    }

    /// <summary>The number of tasks of a step.</summary>
    public int TaskCount(int step) => _steps[step].TaskCount;

    /// <summary>The number of parts that a worker should cut its share into.</summary>
    public int Parts(int step) => _steps[step].Parts;

    /// <summary>Runs some tasks of a step.</summary>
    public void Run(int step, int first, int end, int worker)
    {
        ref readonly StepTables tables = ref _steps[step];
        tables.Kernel.Run(new KernelArguments(tables.Inputs, tables.Outputs, _scratch + (_scratchStride * worker)), first, end);
    }

    /// <summary>Runs all steps on the calling thread, unless the run is stopped before one.</summary>
    public void RunAll(RunStop stop)
    {
        for (int step = 0; step < _steps.Length && !stop.StopsNow(); step++)
        {
            Run(step, 0, _steps[step].TaskCount, 0);
        }
    }

    private static long RoundUp(long bytes) =>
        checked(bytes + AlignedBuffer.Alignment - 1) / AlignedBuffer.Alignment * AlignedBuffer.Alignment;

    private byte** LayTable(byte** slot, ImmutableArray<PlaneAddress> addresses, byte* arena, List<OutsidePlane> outside)
    {
        foreach (PlaneAddress address in addresses)
        {
            PlanBuffer buffer = _plan.Buffers[address.Buffer];
            switch (buffer.Kind)
            {
                case BufferKind.Arena:
                    *slot = arena + buffer.Offset + address.Offset;
                    break;
                case BufferKind.Constant:
                    *slot = (byte*)_plan.Constants[(int)buffer.Offset].Pointer + address.Offset;
                    break;
                case BufferKind.Input:
                    outside.Add(new OutsidePlane(slot, address.Offset, buffer.Length, (int)buffer.Offset));
                    break;
                case BufferKind.Output:
                    outside.Add(new OutsidePlane(slot, address.Offset, buffer.Length, _plan.Inputs.Length + (int)buffer.Offset));
                    break;
            }

            slot++;
        }

        return slot;
    }

    private readonly struct StepTables(BoundKernel kernel, byte** inputs, byte** outputs)
    {
        public readonly BoundKernel Kernel = kernel;
        public readonly int TaskCount = kernel.TaskCount;
        public readonly int Parts = kernel.Parts;
        public readonly byte** Inputs = inputs;
        public readonly byte** Outputs = outputs;
    }

    // A slot of a pointer table that points into the caller's memory, and so changes with every run.
    private readonly struct OutsidePlane(byte** slot, long offset, long imageBytes, int end)
    {
        public readonly byte** Slot = slot;
        public readonly long Offset = offset;
        public readonly long ImageBytes = imageBytes;

        /// <summary>Which input or output, counted through all inputs and then all outputs.</summary>
        public readonly int End = end;
    }
}
