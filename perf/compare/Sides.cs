using DwEngine.Runtime;
using DwEngine.Tensors;

namespace DwEngine.Compare;

/// <summary>Both engines, ready to run one network at one thread count and batch.</summary>
internal sealed class Sides : IDisposable
{
    /// <summary>Prepares both.</summary>
    /// <param name="pair">The network.</param>
    /// <param name="model">The same, loaded.</param>
    /// <param name="options">How each side runs.</param>
    /// <param name="batch">Images in one run.</param>
    public Sides(ModelPair pair, Model model, RunnerOptions options, int batch)
    {
        Pair = pair;
        Threads = options.Threads;
        Batch = batch;
        Peer = PeerBatch.Create(pair.Onnx, batch, options.Threads, out string? obstacle);
        PeerObstacle = obstacle;
        Ours = new EngineRunner(model, options.ForSession() with
        {
            InputShape = new Shape(batch, model.DefaultInputShape[1], Peer.Height, Peer.Width),
        });
    }

    public ModelPair Pair { get; }

    public int Threads { get; }

    public int Batch { get; }

    public PeerRunner Peer { get; }

    /// <summary>Why ONNX Runtime is called once for each image; null if its model takes the batch.</summary>
    public string? PeerObstacle { get; }

    public EngineRunner Ours { get; }

    /// <summary>The runner of an engine.</summary>
    public IRunner this[Engine engine] => engine == Engine.Ours ? Ours : Peer;

    /// <summary>Compares the outputs.</summary>
    /// <exception cref="CompareException">They differ.</exception>
    public OutputDifference Require() => OutputDifference.Require($"{Pair.Name}, threads {Threads}, batch {Batch}", Ours, Peer);

    /// <inheritdoc/>
    public void Dispose()
    {
        Ours.Dispose();
        Peer.Dispose();
    }
}
