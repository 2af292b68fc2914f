using System.Buffers;
using DwEngine.Graphs;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Planning;
using DwEngine.Tensors;
using DwEngine.Testing;

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
        using IMemoryOwner<float> arenaMemory = New(plan.ArenaBytes), scratchMemory = New(plan.ScratchBytes);
        using MemoryHandle arenaPin = arenaMemory.Memory.Pin(), scratchPin = scratchMemory.Memory.Pin();
        byte* arena = (byte*)arenaPin.Pointer;
        AlignedBuffer[] given = [.. graph.Inputs.Select(input => Copy(inputs[input.Name].Bytes))];
        AlignedBuffer[] taken = [.. plan.Outputs.Select(fact => new AlignedBuffer(fact.Shape.ElementCount * fact.Type.Size()))];
        arenaMemory.Memory.Span.Fill(float.NaN);
        foreach (PlanStep step in plan.Steps)
        {
            scratchMemory.Memory.Span.Fill(float.NaN);
            using AlignedBuffer readTable = Table(step.Inputs), writeTable = Table(step.Outputs);
            step.Kernel.Run(
                new KernelArguments((byte**)readTable.Pointer, (byte**)writeTable.Pointer, (byte*)scratchPin.Pointer), 0,
                step.Kernel.TaskCount);
        }

        GC.KeepAlive(plan);
        var results = new Dictionary<string, Tensor>();
        for (int i = 0; i < taken.Length; i++)
        {
            results.Add(graph.Outputs[i].Name, Tensor.FromBytes(plan.Outputs[i].Type, plan.Outputs[i].Shape, taken[i].AsBytes().ToArray()));
        }

        foreach (AlignedBuffer buffer in given.Concat(taken))
        {
            buffer.Dispose();
        }

        return results;

        AlignedBuffer Table(IReadOnlyList<PlaneAddress> addresses)
        {
            var table = new AlignedBuffer(addresses.Count * sizeof(byte*));
            for (int i = 0; i < addresses.Count; i++)
            {
                PlanBuffer buffer = plan.Buffers[addresses[i].Buffer];
                ((byte**)table.Pointer)[i] = addresses[i].Offset + buffer.Kind switch
                {
                    BufferKind.Arena => arena + buffer.Offset,
                    BufferKind.Input => (byte*)given[buffer.Offset].Pointer,
                    BufferKind.Constant => (byte*)plan.Constants[(int)buffer.Offset].Pointer,
                    _ => (byte*)taken[buffer.Offset].Pointer,
                };
            }

            return table;
        }
    }

    // A session rounds up in the same way, so that what follows is aligned.
    private static GuardedMemory New(long bytes) =>
        new(checked((int)((bytes + AlignedBuffer.Alignment - 1) / AlignedBuffer.Alignment * AlignedBuffer.Alignment / sizeof(float))),
            GuardEdge.End);

    private static AlignedBuffer Copy(ReadOnlySpan<byte> values)
    {
        var buffer = new AlignedBuffer(values.Length);
        values.CopyTo(buffer.AsBytes());
        return buffer;
    }
}
