using System.Runtime.InteropServices;
using DwEngine.Kernels;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Tests.Kernels.Cases;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>
/// Every plane, the tables of pointers and the scratch in memory of its own, flush with an unreadable page, exactly as far as the contract
/// of <see cref="KernelArguments"/> lets a kernel go.
/// </summary>
internal sealed unsafe class GuardedKernelMemory : IKernelMemory
{
    private const int FloatsOfPointer = sizeof(ulong) / sizeof(float);
    private const int FloatsOfLine = AlignedBuffer.Alignment / sizeof(float);

    private readonly GuardedMemory[] _inputs;
    private readonly GuardedMemory[] _outputs;
    private readonly GuardedMemory _inputPointers;
    private readonly GuardedMemory _outputPointers;
    private readonly GuardedMemory _scratch;
    private readonly int _outputLength;
    private readonly float[] _input;
    private readonly KernelCase _problem;

    public GuardedKernelMemory(KernelCase problem, BoundKernel kernel, float[] input, GuardEdge edge)
    {
        PlaneSet inputs = problem.Inputs, outputs = problem.Outputs;
        (_input, _problem, _outputLength) = (input, problem, outputs.Length);
        _inputs =
        [
            .. Enumerable.Range(0, inputs.Count).Select(problem.ReadableLength)
                .Select(length => new GuardedMemory(kernel.ReadsExactly ? length : PlaneLayout.RoundUp(length), edge)),
        ];
        _outputs = [.. Enumerable.Range(0, outputs.Count).Select(_ => new GuardedMemory(outputs.Length, edge))];
        for (int i = 0; i < _inputs.Length; i++)
        {
            InputPlane(i).CopyTo(_inputs[i].Span);
        }

        _inputPointers = Table(_inputs, edge);
        _outputPointers = Table(_outputs, edge);
        _scratch = new GuardedMemory(Lines(kernel.ScratchBytes) * FloatsOfLine, edge);
    }

    public KernelArguments Arguments(int worker) =>
        new((byte**)_inputPointers.Pointer, (byte**)_outputPointers.Pointer, (byte*)_scratch.Pointer);

    public float[] ReadOutputs() => [.. _outputs.SelectMany(plane => plane.Span.ToArray())];

    public void AssertNothingElseIsWritten()
    {
        for (int i = 0; i < _inputs.Length; i++)
        {
            _inputs[i].AssertSlackIsUntouched("An input");
            Assert.True(Bits(InputPlane(i)).SequenceEqual(Bits(_inputs[i].Span[..InputPlane(i).Length])), "An input was written.");
        }

        foreach (GuardedMemory output in _outputs)
        {
            output.AssertSlackIsUntouched("An output");
        }

        _scratch.AssertSlackIsUntouched("The scratch");
    }

    public void Dispose()
    {
        foreach (IDisposable memory in (GuardedMemory[])[.. _inputs, .. _outputs, _inputPointers, _outputPointers, _scratch])
        {
            memory.Dispose();
        }
    }

    /// <summary>A copy of packed weights flush with an unreadable page, but for the rest of their last cache line, which is NaN.</summary>
    public static AlignedBuffer Place(AlignedBuffer packed, GuardEdge edge, List<IDisposable> owner)
    {
        var memory = new GuardedMemory(Lines(packed.ByteLength) * FloatsOfLine, edge);
        owner.Add(memory);
        packed.AsSpan().CopyTo(memory.Span);
        var placed = new AlignedBuffer(memory.Pointer, packed.ByteLength);
        packed.Dispose();
        return placed;
    }

    private ReadOnlySpan<float> InputPlane(int index) => _input.AsSpan(index * _problem.Inputs.Length, _problem.ReadableLength(index));

    private static GuardedMemory Table(GuardedMemory[] planes, GuardEdge edge)
    {
        var table = new GuardedMemory(planes.Length * FloatsOfPointer, edge);
        for (int i = 0; i < planes.Length; i++)
        {
            ((float**)table.Pointer)[i] = planes[i].Pointer;
        }

        return table;
    }

    private static int Lines(long bytes) => (int)((bytes + AlignedBuffer.Alignment - 1) / AlignedBuffer.Alignment);

    private static ReadOnlySpan<uint> Bits(ReadOnlySpan<float> values) => MemoryMarshal.Cast<float, uint>(values);
}
