using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Compare;

/// <summary>Both engines, ready to run one network at one thread count and batch.</summary>
internal sealed class Sides : IDisposable
{
    /// <summary>Prepares both.</summary>
    /// <param name="pair">The network.</param>
    /// <param name="model">The same, loaded.</param>
    /// <param name="threads">Threads of each side.</param>
    /// <param name="batch">Images in one run.</param>
    /// <param name="isa">The instruction set of this engine's kernels; null for the CPU's best.</param>
    public Sides(ModelPair pair, Model model, int threads, int batch, Isa? isa)
    {
        Pair = pair;
        Threads = threads;
        Batch = batch;
        Peer = PeerBatch.Create(pair.Onnx, batch, threads, out string? obstacle);
        PeerObstacle = obstacle;
        Ours = new EngineRunner(model, new SessionOptions
        {
            InputShape = new Shape(batch, model.DefaultInputShape[1], Peer.Height, Peer.Width),
            Threads = threads,
            Isa = isa,
        });
    }

    public ModelPair Pair { get; }

    public int Threads { get; }

    public int Batch { get; }

    public PeerRunner Peer { get; }

    /// <summary>Why ONNX Runtime is called once for each image; null if its model takes the batch.</summary>
    public string? PeerObstacle { get; }

    public EngineRunner Ours { get; }

    /// <summary>Compares the outputs.</summary>
    /// <exception cref="CompareException">They differ.</exception>
    public Agreement Require() => Agreement.Require($"{Pair.Name}, threads {Threads}, batch {Batch}", Ours, Peer);

    /// <inheritdoc/>
    public void Dispose()
    {
        Ours.Dispose();
        Peer.Dispose();
    }
}
