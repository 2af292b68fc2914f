using System.Collections.Immutable;
using DwEngine.Simd;

namespace DwEngine.Compare;

/// <summary>One network at one thread count and batch.</summary>
internal sealed record ConfigurationResult
{
    public required string Model { get; init; }

    public required int Threads { get; init; }

    public required int Batch { get; init; }

    /// <summary>Multiply-adds of one run, as the network defines them.</summary>
    public required long MultiplyAdds { get; init; }

    public required Samples Samples { get; init; }

    public required OutputDifference OutputDifference { get; init; }

    /// <summary>Managed bytes that a run allocates.</summary>
    public required BySide<long> Allocated { get; init; }

    /// <summary>Calls of ONNX Runtime in one run.</summary>
    public required int PeerCalls { get; init; }

    /// <summary>Why there are several; null if there is one.</summary>
    public required string? PeerObstacle { get; init; }

    public double PeerMs => Samples.Runs.Peer.Median;

    public double OursMs => Samples.Runs.Ours.Median;

    public double Ratio => PeerMs / OursMs;

    /// <summary>Multiply-adds in a second, as a part of what so many cores could do.</summary>
    public double ShareOf(double peakGmacsPerCore) => MultiplyAdds / (OursMs * 1e6) / (peakGmacsPerCore * Threads);
}

/// <summary>How long the engines take to get ready in a process that is warm, in milliseconds.</summary>
/// <param name="Model">The network.</param>
/// <param name="Weights">This engine from the weight file that was named: read, checked, planned and packed.</param>
/// <param name="SafeTensors">The same from the safetensors file made of it.</param>
/// <param name="Peer">ONNX Runtime from its file.</param>
internal sealed record LoadResult(string Model, double Weights, double SafeTensors, double Peer);

/// <summary>Both engines, each alone in a process.</summary>
/// <param name="Model">The network.</param>
/// <param name="Sides">What each took; this engine from a safetensors file.</param>
/// <param name="Tool">Milliseconds that the command line tool took for an answer, from the same file; null if it was left out.</param>
internal sealed record ProcessResult(string Model, BySide<ProcessFacts> Sides, double? Tool);

/// <summary>All that was measured. Parts that were left out are null or empty.</summary>
internal sealed record ComparisonResult
{
    public required string Cpu { get; init; }

    /// <summary>The instruction set of this engine's kernels.</summary>
    public required Isa Isa { get; init; }

    /// <summary>The instruction set of the peak.</summary>
    public required Isa PeakIsa { get; init; }

    public required double PeakGmacsPerCore { get; init; }

    /// <summary>The part of the peak's windows that came within 5 percent of the best.</summary>
    public required double Quiet { get; init; }

    public required string PeerVersion { get; init; }

    public required ImmutableArray<ConfigurationResult> Configurations { get; init; }

    public required ImmutableArray<LoadResult> Loads { get; init; }

    public required ImmutableArray<ProcessResult> Processes { get; init; }

    /// <summary>A process with the .NET runtime and no engine.</summary>
    public required ProcessFacts? RuntimeAlone { get; init; }

    /// <summary>Sessions that nobody runs.</summary>
    public required IdleResult? Idle { get; init; }

    /// <summary>Runs of this engine alone, batch 1: one entry for each network.</summary>
    public required ImmutableArray<TailResult> Tails { get; init; }

    /// <summary>Both engines at the rate of a camera.</summary>
    public required ImmutableArray<PacedResult> Paced { get; init; }

    public required TimeSpan Elapsed { get; init; }
}
