using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Planning;

/// <summary>Whose memory a buffer is.</summary>
internal enum BufferKind
{
    /// <summary>A part of the session's arena.</summary>
    Arena,

    /// <summary>The caller's input.</summary>
    Input,

    /// <summary>The caller's output.</summary>
    Output,

    /// <summary>Values that never change, which the plan holds.</summary>
    Constant,
}

/// <summary>A run of memory that planes lie in.</summary>
/// <param name="Kind">Whose it is.</param>
/// <param name="Offset">Arena: the offset in bytes. Else: which input, output or constant it is.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct PlanBuffer(BufferKind Kind, long Offset, long Length);

/// <summary>One kernel with the addresses that it reads and writes.</summary>
/// <param name="Name">The node that it computes, or a part of it.</param>
/// <param name="Kernel">The kernel.</param>
/// <param name="Inputs">The planes that it reads, in the order of its pointer table.</param>
/// <param name="Outputs">The planes that it writes.</param>
/// <param name="OutputShape">The shape of what it writes.</param>
/// <param name="MultiplyAdds">Multiply-adds of one run.</param>
internal sealed record PlanStep(
    string Name,
    BoundKernel Kernel,
    ImmutableArray<PlaneAddress> Inputs,
    ImmutableArray<PlaneAddress> Outputs,
    Shape OutputShape,
    long MultiplyAdds)
{
    /// <summary>The names of the nodes that it computes; its own if it is a copy that the planner has added.</summary>
    public ImmutableArray<string> Nodes { get; init; } = [Name];
}

/// <summary>
/// A graph for certain input shapes and one instruction set: kernels in order, and a place for every activation. Immutable, and shared by
/// any number of sessions.
/// </summary>
/// <param name="Isa">The instruction set of all kernels.</param>
/// <param name="Inputs">What the inputs are.</param>
/// <param name="Outputs">What the outputs are.</param>
/// <param name="Steps">The kernels in order.</param>
/// <param name="Buffers">The buffers that addresses name.</param>
/// <param name="Constants">The memory of values that never change.</param>
/// <param name="ArenaBytes">Bytes of the arena, including what kernels may read beyond its last plane.</param>
internal sealed record Plan(
    Isa Isa,
    ImmutableArray<Fact> Inputs,
    ImmutableArray<Fact> Outputs,
    ImmutableArray<PlanStep> Steps,
    ImmutableArray<PlanBuffer> Buffers,
    ImmutableArray<AlignedBuffer> Constants,
    long ArenaBytes)
{
    /// <summary>Scratch bytes that each worker needs: the most that any kernel asks for.</summary>
    public long ScratchBytes { get; } = Steps.Select(step => step.Kernel.ScratchBytes).Append(0).Max();
}
