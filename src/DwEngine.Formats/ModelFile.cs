using DwEngine.Files;
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
    /// <param name="root">
    /// Which network of several, see <see cref="CheckpointFile.Load(string, string?)"/>; null to take the one that was trained.
    /// </param>
    /// <param name="options">What the model keeps in memory; null for the default.</param>
    /// <exception cref="InputFileException">The file is missing or cannot be read.</exception>
    /// <exception cref="FileFormatException">
    /// The file is corrupt or of an unknown format, or no network can be built of it with these metadata.
    /// </exception>
    /// <exception cref="WeightMismatchException">
    /// The tensors are of no known architecture or don't fit it; the message names the file.
    /// </exception>
    public static NetworkModel Load(
        string path, ModelMetadata? metadata = null, string? root = null, ModelMemoryOptions? options = null) =>
        Load(ModelSource.FromFile(path), metadata, root, options);

    /// <summary>The same from a stream, bytes or a mapped file. Errors name the source.</summary>
    /// <param name="source">The file, stream or bytes, of any format that <see cref="CheckpointFile"/> reads.</param>
    /// <param name="metadata">What the caller knows better than the source, member by member; null for nothing.</param>
    /// <param name="root">Which network of several; null to take the one that was trained.</param>
    /// <param name="options">What the model keeps in memory; null for the default.</param>
    /// <inheritdoc cref="Load(string, ModelMetadata?, string?, ModelMemoryOptions?)" path="/exception"/>
    public static NetworkModel Load(
        ModelSource source, ModelMetadata? metadata = null, string? root = null, ModelMemoryOptions? options = null)
    {
        Network network = LoadNetwork(source, metadata, root);
        return new NetworkModel(network.Graph, network.Metadata, options);
    }

    /// <summary>The same without preparing the network to run, for those who change its graph.</summary>
    /// <param name="path">A file of any format that <see cref="CheckpointFile"/> reads.</param>
    /// <param name="metadata">What the caller knows better than the file, see the other method.</param>
    /// <param name="root">
    /// Which network of several, see <see cref="CheckpointFile.Load(string, string?)"/>; null to take the one that was trained.
    /// </param>
    /// <inheritdoc cref="Load(string, ModelMetadata?, string?, ModelMemoryOptions?)" path="/exception"/>
    public static Network LoadNetwork(string path, ModelMetadata? metadata = null, string? root = null) =>
        LoadNetwork(ModelSource.FromFile(path), metadata, root);

    /// <summary>The same from a stream, bytes or a mapped file. Errors name the source.</summary>
    /// <param name="source">The file, stream or bytes, of any format that <see cref="CheckpointFile"/> reads.</param>
    /// <param name="metadata">What the caller knows better than the source, member by member; null for nothing.</param>
    /// <param name="root">Which network of several; null to take the one that was trained.</param>
    /// <inheritdoc cref="Load(string, ModelMetadata?, string?, ModelMemoryOptions?)" path="/exception"/>
    public static Network LoadNetwork(ModelSource source, ModelMetadata? metadata = null, string? root = null)
    {
        Checkpoint checkpoint = CheckpointFile.Load(source, root);
        return Build(source.Name, checkpoint with { Metadata = (metadata ?? new ModelMetadata()).Or(checkpoint.Metadata) });
    }

    /// <summary>Builds the network of a checkpoint that was read from a file, so that errors name the file.</summary>
    /// <param name="path">The file that it was read from, or <see cref="ModelSource.Name"/>.</param>
    /// <param name="checkpoint">Its weights, and all that is known of the network.</param>
    /// <exception cref="WeightMismatchException">The tensors are of no known architecture or don't fit it.</exception>
    /// <exception cref="FileFormatException">The tensors fit, but no network can be built of them with these metadata.</exception>
    public static Network Build(string path, Checkpoint checkpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            Network network = Architectures.Build(checkpoint);
            // Whether the layers fit the input's size shows here, where the file's name is known.
            network.Graph.Infer();
            return network;
        }
        catch (WeightMismatchException error)
        {
            throw error.In(path);
        }
        catch (DwEngineException error)
        {
            throw new FileFormatException(path, "", error.Message, error);
        }
    }

    /// <summary>
    /// Writes a network, such as a decomposed one, as a weight file that
    /// <see cref="Load(string, ModelMetadata?, string?, ModelMemoryOptions?)"/> and torchvision read: the tensors under torchvision's
    /// names, and complete metadata with the name of the architecture that the graph has now. The file is complete or not there.
    /// </summary>
    /// <param name="path">
    /// The file; its extension is one of <see cref="CheckpointFile.WritableExtensions"/>, and what stood there before is replaced.
    /// </param>
    /// <param name="graph">The graph of a network that was loaded, before any pass, or what a decomposition made of it.</param>
    /// <param name="metadata">What is known of the network that was loaded; torchvision's ImageNet values stand in for what is not.</param>
    /// <exception cref="WeightMismatchException">
    /// The graph has no form under torchvision's names, as after a pass or by some methods of decomposition, or contradicts the metadata;
    /// the message names the file.
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
            throw error.In(path);
        }

        CheckpointFile.Save(path, checkpoint);
    }
}
