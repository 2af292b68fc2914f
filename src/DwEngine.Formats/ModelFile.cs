using DwEngine.Models;
using DwEngine.Runtime;

namespace DwEngine.Formats;

/// <summary>From a weight file to a model in one call.</summary>
public static class ModelFile
{
    /// <summary>Reads a weight file, builds the network that its tensors tell, and prepares it to run.</summary>
    /// <param name="path">A file of any format that <see cref="CheckpointFile"/> reads.</param>
    /// <param name="metadata">
    /// What the caller knows better than the file, member by member; null members are taken from the file, and what neither knows from
    /// torchvision's ImageNet values.
    /// </param>
    /// <exception cref="FileFormatException">The file is missing, unreadable, corrupt or of an unknown format.</exception>
    /// <exception cref="WeightMismatchException">The tensors are of no known architecture or don't fit it; the message names the file and lists all.</exception>
    public static Model Load(string path, ModelMetadata? metadata = null)
    {
        Network network = LoadNetwork(path, metadata);
        return new Model(network.Graph, network.Metadata);
    }

    /// <summary>The same without preparing the network to run, for those who change its graph.</summary>
    /// <inheritdoc cref="Load"/>
    public static Network LoadNetwork(string path, ModelMetadata? metadata = null)
    {
        Checkpoint checkpoint = CheckpointFile.Load(path);
        try
        {
            return Architectures.Build(checkpoint with { Metadata = (metadata ?? new ModelMetadata()).Or(checkpoint.Metadata) });
        }
        catch (WeightMismatchException error)
        {
            throw new WeightMismatchException($"{path}: {error.Message}");
        }
    }
}
