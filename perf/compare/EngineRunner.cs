using DwEngine.Runtime;

namespace DwEngine.Compare;

/// <summary>This engine.</summary>
internal sealed class EngineRunner : IRunner
{
    private readonly Session _session;
    private readonly float[] _input;
    private readonly float[] _output;

    /// <summary>Plans a model for a batch.</summary>
    public EngineRunner(Model model, SessionOptions options)
    {
        _session = model.CreateSession(options);
        // Pinned as the peer's buffers are, so that both find theirs at a fixed place.
        _input = GC.AllocateArray<float>(checked((int)_session.InputShape.ElementCount), pinned: true);
        _output = GC.AllocateArray<float>(checked((int)_session.OutputShape.ElementCount), pinned: true);
        MultiplyAdds = model.Graph.Infer(_session.InputShape).TotalMultiplyAdds;
    }

    /// <inheritdoc/>
    public Engine Engine => Engine.Ours;

    /// <inheritdoc/>
    public Span<float> Input => _input;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Output => _output;

    /// <summary>Multiply-adds of one run, as the network defines them: padding and tiling do not count.</summary>
    public long MultiplyAdds { get; }

    /// <summary>From a file of weights or of a network to something that can run.</summary>
    public static EngineRunner FromFile(string weights, SessionOptions options) => new(ModelPair.Load(weights), options);

    /// <inheritdoc/>
    public void Run() => _session.Run(_input, _output);

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
