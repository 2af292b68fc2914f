using System.Buffers;
using DwEngine.Graphs;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Planning;
using DwEngine.Tensors;
using DwEngine.Tests.Support;

namespace DwEngine.Tests.Planning;

/// <summary>
/// Runs plans of any number of inputs and outputs in memory that holds NaN beforehand, so that a step that reads what no step before it has
/// written spoils the result. The arena and the scratch end at an unreadable page, so that a step that leaves them dies.
/// </summary>
internal static unsafe class PlanRunner
{
    /// <summary>The outputs by name.</summary>
    public static Dictionary<string, Tensor> Run(Plan plan, Graph graph, IReadOnlyDictionary<string, Tensor> inputs)
    {
        using IMemoryOwner<float> arenaMemory = New(plan.ArenaLength * sizeof(float)), scratchMemory = New(plan.ScratchBytes);
        using MemoryHandle arenaPin = arenaMemory.Memory.Pin(), scratchPin = scratchMemory.Memory.Pin();
        float* arena = (float*)arenaPin.Pointer;
        AlignedBuffer[] given = [.. graph.Inputs.Select(input => Copy(inputs[input.Name].Floats))];
        AlignedBuffer[] taken = [.. plan.OutputShapes.Select(shape => new AlignedBuffer(shape.ElementCount * sizeof(float)))];
        arenaMemory.Memory.Span.Fill(float.NaN);
        foreach (PlanStep step in plan.Steps)
        {
            scratchMemory.Memory.Span.Fill(float.NaN);
            using AlignedBuffer readTable = Table(step.Inputs), writeTable = Table(step.Outputs);
            step.Kernel.Run(
                new KernelArguments((float**)readTable.Pointer, (float**)writeTable.Pointer, (byte*)scratchPin.Pointer), 0, step.Kernel.TaskCount);
        }

        GC.KeepAlive(plan);
        var results = new Dictionary<string, Tensor>();
        for (int i = 0; i < taken.Length; i++)
        {
            results.Add(graph.Outputs[i].Name, Tensor.FromFloats(plan.OutputShapes[i], taken[i].AsSpan()));
        }

        foreach (AlignedBuffer buffer in given.Concat(taken))
        {
            buffer.Dispose();
        }

        return results;

        AlignedBuffer Table(IReadOnlyList<PlaneAddress> addresses)
        {
            var table = new AlignedBuffer(addresses.Count * sizeof(float*));
            for (int i = 0; i < addresses.Count; i++)
            {
                PlanBuffer buffer = plan.Buffers[addresses[i].Buffer];
                ((float**)table.Pointer)[i] = addresses[i].Offset + buffer.Kind switch
                {
                    BufferKind.Arena => arena + buffer.Offset,
                    BufferKind.Input => given[buffer.Offset].Floats,
                    _ => taken[buffer.Offset].Floats,
                };
            }

            return table;
        }
    }

    // A session rounds up in the same way, so that what follows is aligned.
    private static GuardedMemory New(long bytes) =>
        new(checked((int)((bytes + AlignedBuffer.Alignment - 1) / AlignedBuffer.Alignment * AlignedBuffer.Alignment / sizeof(float))), GuardEdge.End);

    private static AlignedBuffer Copy(ReadOnlySpan<float> values)
    {
        var buffer = new AlignedBuffer(values.Length * sizeof(float));
        values.CopyTo(buffer.AsSpan());
        return buffer;
    }
}
