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
    public static WeightFile Load(string path) => new(path, CheckpointFile.Load(path));

    /// <summary>Builds the network.</summary>
    /// <param name="told">All that is told of it, by the file or by others.</param>
    /// <exception cref="WeightMismatchException">The tensors are of no known network; the message names the file.</exception>
    public Network Build(ModelMetadata told) => ModelFile.Build(Path, Checkpoint with { Metadata = told });
}
