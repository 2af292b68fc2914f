using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Decomposition.Threading;
using DwEngine.Kernels;

namespace DwEngine.Decomposition.Calibration;

/// <summary>
/// Sampled positions of a regular convolution: the patch x and the response y of each, in single precision as the engine computes them.
/// Those that a calibration hands out lie in memory that it uses again for the next layer.
/// </summary>
public sealed class LayerSamples
{
    // Rows that are widened to double at a time; a multiple of the depth by which MatrixProduct sums.
    private const int BlockRows = 1024;

    // Parts into which the work on all blocks is cut.
    private const int Parts = 16;

    private readonly ReadOnlyMemory<float> _x;
    private readonly ReadOnlyMemory<float> _y;

    /// <summary>Wraps positions without copying them.</summary>
    /// <param name="inputs">Length of a patch, c * q.</param>
    /// <param name="outputs">Output channels, n.</param>
    /// <param name="x">Patches, one after another.</param>
    /// <param name="y">Responses, one after another.</param>
    /// <param name="activation">What the network does to the responses next: a clamp such as ReLU, or <see cref="Clamp.None"/>.</param>
    /// <param name="threads">Threads that <see cref="Accumulate()"/> uses, at least 1; the bits do not depend on it.</param>
    /// <exception cref="ShapeException">The lengths contradict each other.</exception>
    public LayerSamples(int inputs, int outputs, ReadOnlyMemory<float> x, ReadOnlyMemory<float> y, Clamp activation, int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (inputs < 1 || outputs < 1 || x.Length % inputs != 0 || y.Length % outputs != 0 || x.Length / inputs != y.Length / outputs)
        {
            throw new ShapeException(
                $"{x.Length} and {Words.Count(y.Length, "number")} are not samples of {Words.Count(inputs, "input")} and "
                + $"{Words.Count(outputs, "output")}.");
        }

        Inputs = inputs;
        Outputs = outputs;
        Activation = activation;
        Threads = threads;
        _x = x;
        _y = y;
    }

    /// <summary>Positions.</summary>
    public int Count => _x.Length / Inputs;

    /// <summary>Length of a patch, c * q.</summary>
    public int Inputs { get; }

    /// <summary>Output channels, n.</summary>
    public int Outputs { get; }

    /// <summary>What the network does to the responses next: a clamp such as ReLU, or <see cref="Clamp.None"/>.</summary>
    public Clamp Activation { get; }

    /// <summary>Threads that work on sums over the samples.</summary>
    public int Threads { get; }

    /// <summary>The patch at a position.</summary>
    public ReadOnlySpan<float> X(int position) => _x.Span.Slice(position * Inputs, Inputs);

    /// <summary>The response at a position.</summary>
    public ReadOnlySpan<float> Y(int position) => _y.Span.Slice(position * Outputs, Outputs);

    /// <summary>The sums over all positions.</summary>
    public LayerStatistics Accumulate()
    {
        var result = new LayerStatistics(Inputs, Outputs);
        AddTo(result);
        return result;
    }

    /// <summary>Adds all positions to sums.</summary>
    /// <exception cref="ShapeException">The sums are of a convolution of another shape.</exception>
    public void AddTo(LayerStatistics statistics) => SampleSums.Add(this, statistics);

    /// <summary>The same responses to other inputs, which are made of the patches.</summary>
    /// <param name="inputs">The number of inputs that <paramref name="map"/> makes.</param>
    /// <param name="map">Makes k x inputs of k patches. Called from several threads at a time.</param>
    internal LayerSamples Map(int inputs, Func<Matrix, Matrix> map)
    {
        float[] mapped = new float[checked(Count * inputs)];
        Workers.For(Parts, Threads, part =>
        {
            (Matrix X, Matrix Y) room = default;
            for (int block = part; block < Blocks; block += Parts)
            {
                Widen(block, ref room);
                VectorOperations.Narrow(map(room.X).Values, mapped.AsSpan(block * BlockRows * inputs, room.X.Rows * inputs));
            }
        });
        return new LayerSamples(inputs, Outputs, mapped, _y, Activation, Threads);
    }

    /// <summary>Blocks that <see cref="Widen"/> makes.</summary>
    internal int Blocks => (Count + BlockRows - 1) / BlockRows;

    /// <summary>Copies a block of positions to doubles.</summary>
    /// <param name="block">Which block.</param>
    /// <param name="room">
    /// Matrices of an earlier call, which are overwritten where their sizes fit; new ones stand there afterwards.
    /// </param>
    internal void Widen(int block, ref (Matrix X, Matrix Y) room)
    {
        int first = block * BlockRows, rows = Math.Min(BlockRows, Count - first);
        if (room.X is null || room.X.Rows != rows)
        {
            room = (new Matrix(rows, Inputs), new Matrix(rows, Outputs));
        }

        VectorOperations.Widen(_x.Span.Slice(first * Inputs, rows * Inputs), room.X.Values);
        VectorOperations.Widen(_y.Span.Slice(first * Outputs, rows * Outputs), room.Y.Values);
    }
}
