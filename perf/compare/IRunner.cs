namespace DwEngine.Compare;

/// <summary>One side of a comparison, ready to run: its buffers are bound, and a run does nothing but compute.</summary>
internal interface IRunner : IDisposable
{
    /// <summary>Which engine it is: results are filed under this, whatever the order in which runners are handed on.</summary>
    Engine Engine { get; }

    /// <summary>What it reads, float32 NCHW.</summary>
    Span<float> Input { get; }

    /// <summary>What it wrote.</summary>
    ReadOnlySpan<float> Output { get; }

    /// <summary>Computes the output.</summary>
    void Run();
}
