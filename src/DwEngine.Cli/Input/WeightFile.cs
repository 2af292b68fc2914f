using System.Collections.Immutable;
using DwEngine.Files;
using DwEngine.Formats;
using DwEngine.Models;

namespace DwEngine.Cli.Input;

/// <summary>A weight file as it was read, before anybody knows what its tensors and metadata leave open.</summary>
/// <param name="Path">As the user named it.</param>
/// <param name="Checkpoint">What it holds.</param>
internal sealed record WeightFile(string Path, Checkpoint Checkpoint)
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="FileFormatException">It cannot be read.</exception>
    /// <param name="path">As the user named it.</param>
    /// <param name="root">Which network of several, as the user named it; null for the one that was trained.</param>
    public static WeightFile Load(string path, string? root) => new(path, CheckpointFile.Load(path, root));

    /// <summary>What the user should know of how the file was read, one sentence each.</summary>
    public ImmutableArray<string> Remarks
    {
        get
        {
            string pronoun = Checkpoint.OtherRoots.Length == 1 ? "it" : "one";
            string hint = Checkpoint.OtherRoots is [var other, ..] ? $" (--root {other} takes {pronoun})" : "";
            return [.. Checkpoint.Remarks.Select((remark, i) => $"{Path}: {remark}{(i == 0 ? hint : "")}.")];
        }
    }

    /// <summary>Builds the network.</summary>
    /// <param name="told">All that is told of it, by the file or by others.</param>
    /// <exception cref="WeightMismatchException">The tensors are of no known network; the message names the file.</exception>
    public Network Build(ModelMetadata told) => ModelFile.Build(Path, Checkpoint with { Metadata = told });
}
