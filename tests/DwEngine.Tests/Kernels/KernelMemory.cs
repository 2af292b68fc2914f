using System.Runtime.InteropServices;
using DwEngine.Kernels;
using DwEngine.Tensors;
using DwEngine.Tests.Kernels.Cases;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>Memory in which a kernel runs: planes, tables of pointers to them, and scratch.</summary>
internal unsafe interface IKernelMemory : IDisposable
{
    /// <summary>What one worker is told.</summary>
    KernelArguments Arguments(int worker);

    /// <summary>All output planes, one after the other.</summary>
    float[] ReadOutputs();

    /// <summary>Fails if anything was written beside the output planes and the scratch.</summary>
    void AssertNothingElseIsWritten();
}

/// <summary>
/// Planes at random addresses, aligned to nothing, in random order, with gaps of NaN between them: what leaks out of a gap shows in the
/// results, and what is written into a gap is found.
/// </summary>
internal sealed unsafe class ScatteredMemory : IKernelMemory
{
    private const uint Poison = 0x7FD5A5A5;
    private const int Margin = AlignedBuffer.Alignment;

    private readonly AlignedBuffer _planes;
    private readonly AlignedBuffer _pointers;
    private readonly AlignedBuffer[] _scratch;
    private readonly int[] _inputs;
    private readonly int[] _outputs;
    private readonly uint[] _before;
    private readonly int _outputLength;
    private readonly long _scratchBytes;

    public ScatteredMemory(KernelCase problem, BoundKernel kernel, ReadOnlySpan<float> input, int workers, Random random)
    {
        PlaneSet inputs = problem.Inputs, outputs = problem.Outputs;
        _inputs = new int[inputs.Count];
        _outputs = new int[outputs.Count];
        _outputLength = outputs.Length;
        int[] order = [.. Enumerable.Range(0, inputs.Count + outputs.Count)];
        random.Shuffle(order);
        int end = 0;
        foreach (int plane in order)
        {
            bool isInput = plane < inputs.Count;
            end += random.Next(24);
            (isInput ? ref _inputs[plane] : ref _outputs[plane - inputs.Count]) = end;
            end += isInput ? inputs.Length : outputs.Length;
        }

        // The last plane's readable end.
        _planes = new AlignedBuffer((end + PlaneLayout.ReadAhead) * sizeof(float));
        Span<float> memory = _planes.AsSpan();
        Bits(memory).Fill(Poison);
        for (int i = 0; i < _inputs.Length; i++)
        {
            input.Slice(i * inputs.Length, problem.ReadableLength(i)).CopyTo(memory[_inputs[i]..]);
        }

        _before = Bits(memory).ToArray();
        _pointers = new AlignedBuffer((_inputs.Length + _outputs.Length) * sizeof(float*));
        float** pointers = (float**)_pointers.Pointer;
        foreach (int offset in _inputs.Concat(_outputs))
        {
            *pointers++ = _planes.Floats + offset;
        }

        _scratchBytes = kernel.ScratchBytes;
        _scratch = [.. Enumerable.Range(0, workers).Select(_ => new AlignedBuffer(_scratchBytes + (2 * Margin)))];
        foreach (AlignedBuffer scratch in _scratch)
        {
            new Span<byte>(scratch.Pointer, (int)scratch.ByteLength).Fill(0xFF);
        }
    }

    public KernelArguments Arguments(int worker)
    {
        byte** pointers = (byte**)_pointers.Pointer;
        return new KernelArguments(pointers, pointers + _inputs.Length, (byte*)_scratch[worker].Pointer + Margin);
    }

    public float[] ReadOutputs()
    {
        float[] values = new float[_outputs.Length * _outputLength];
        for (int i = 0; i < _outputs.Length; i++)
        {
            _planes.AsSpan().Slice(_outputs[i], _outputLength).CopyTo(values.AsSpan(i * _outputLength));
        }

        return values;
    }

    public void AssertNothingElseIsWritten()
    {
        uint[] after = Bits(_planes.AsSpan()).ToArray();
        foreach (int output in _outputs)
        {
            _before.AsSpan(output, _outputLength).CopyTo(after.AsSpan(output));
        }

        Assert.True(_before.AsSpan().SequenceEqual(after), "An input or a gap between planes was written.");
        foreach (AlignedBuffer scratch in _scratch)
        {
            var bytes = new ReadOnlySpan<byte>(scratch.Pointer, (int)scratch.ByteLength);
            Assert.False(bytes[..Margin].ContainsAnyExcept((byte)0xFF), "Memory before the scratch was written.");
            Assert.False(bytes[^Margin..].ContainsAnyExcept((byte)0xFF), "Memory behind the scratch was written.");
        }
    }

    public void Dispose()
    {
        _planes.Dispose();
        _pointers.Dispose();
        foreach (AlignedBuffer scratch in _scratch)
        {
            scratch.Dispose();
        }
    }

    private static Span<uint> Bits(Span<float> memory) => MemoryMarshal.Cast<float, uint>(memory);
}
