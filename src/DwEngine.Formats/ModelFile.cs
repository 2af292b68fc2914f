using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Runtime;

namespace DwEngine.Formats;

/// <summary>From a weight file to a model, and back, in one call.</summary>
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

    /// <summary>
    /// Writes a network, such as a decomposed one, as a weight file that <see cref="Load"/> and torchvision read: the tensors under torchvision's names, and
    /// complete metadata with the name of the architecture that the graph has now. The file is complete or not there.
    /// </summary>
    /// <param name="path">The file; its extension is one of <see cref="CheckpointFile.WritableExtensions"/>, and what stood there before is replaced.</param>
    /// <param name="graph">The graph of a network that was loaded, before any pass, or what a decomposition made of it.</param>
    /// <param name="metadata">What is known of the network that was loaded; torchvision's ImageNet values stand in for what is not.</param>
    /// <exception cref="WeightMismatchException">
    /// The graph has no form under torchvision's names, as after a pass or by some methods of decomposition, or contradicts the metadata; the message names
    /// the file.
    /// </exception>
    /// <exception cref="FileFormatException">Files with this extension cannot be written, or this one cannot.</exception>
    public static void Save(string path, Graph graph, ModelMetadata metadata)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Checkpoint checkpoint;
        try
        {
            checkpoint = Architectures.ToCheckpoint(graph, metadata);
        }
        catch (WeightMismatchException error)
        {
            throw new WeightMismatchException($"{path}: {error.Message}");
        }

        CheckpointFile.Save(path, checkpoint);
    }
}
