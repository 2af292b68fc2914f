using System.Collections.Immutable;

namespace DwEngine.Models;

/// <summary>Everything that a weight file holds.</summary>
/// <param name="Tensors">The named tensors.</param>
/// <param name="Metadata">What the file says beside them; all null for formats that carry no metadata.</param>
public sealed record Checkpoint(StateDict Tensors, ModelMetadata Metadata)
{
    /// <summary>
    /// What whoever reads the file should be told: which of several networks was taken, and which tensors beside it were left out. One
    /// sentence each; empty where nothing had to be chosen.
    /// </summary>
    public ImmutableArray<string> Remarks { get; init; } = [];

    /// <summary>The roots of the file's other networks, by which whoever reads it takes one of them; empty if there are none.</summary>
    public ImmutableArray<string> OtherRoots { get; init; } = [];

    /// <summary>
    /// The identity of the PyTorch module whose <c>state_dict</c> this is, 64 hexadecimal digits; null if there is none, or the file cannot
    /// tell.
    /// </summary>
    public string? Module { get; init; }
}
