using System.Collections.Immutable;
using DwEngine.Runtime;
using DwEngine.Simd;

namespace DwEngine.Compare;

/// <summary>What is compared, and how.</summary>
internal sealed record CompareOptions
{
    /// <summary>The networks.</summary>
    public required ImmutableArray<ModelPair> Pairs { get; init; }

    /// <summary>Thread counts, each given to both sides.</summary>
    public required ImmutableArray<int> Threads { get; init; }

    /// <summary>Images in one run.</summary>
    public required ImmutableArray<int> Batches { get; init; }

    /// <summary>
    /// Time for each network, thread count and batch, warm-up included; less where loading and starting take unusually long.
    /// </summary>
    public required TimeSpan Budget { get; init; }

    /// <summary>The instruction set of this engine's kernels; null for the CPU's best.</summary>
    public required Isa? Isa { get; init; }

    /// <summary>Where this engine's helpers run.</summary>
    public required ThreadAffinity Affinity { get; init; }

    /// <summary>Frames in a second where the engines run at the rate of a camera.</summary>
    public required double Hertz { get; init; }

    /// <summary>The command line tool, whose start is measured beside those of the engines; null to leave it out.</summary>
    public required ToolProcess? Tool { get; init; }

    /// <summary>What is left out; outputs are compared all the same.</summary>
    public required ImmutableHashSet<Part> Skipped { get; init; }
}
