using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Onnx;
using DwEngine.PyTorch;
using DwEngine.Tensors;

namespace DwEngine.Cli.Output;

/// <summary>Files that a network is written to: of named tensors, or with its layers.</summary>
internal static class NetworkOutput
{
    /// <summary>The extensions of files that can be written, with the dot.</summary>
    public static IEnumerable<string> Extensions => [.. CheckpointFile.WritableExtensions, OnnxFile.Extension, PyTorchModule.Extension];

    /// <summary>Whether a file of that name holds the layers, too, so that any graph can be written to it.</summary>
    public static bool HoldsLayers(string path) => HasExtension(path, OnnxFile.Extension) || HasExtension(path, PyTorchModule.Extension);

    /// <summary>What the file of weights beside a module is given as, and its name; null for other files, which have none beside.</summary>
    public static (string Purpose, string? Path) FileBeside(string purpose, string? path) => (
        $"the weights of {purpose}",
        path is not null && HasExtension(path, PyTorchModule.Extension) ? PyTorchModule.WeightsOf(path) : null);

    /// <summary>
    /// What a file says of a network. For a known architecture it is written out in full: how its pictures are prepared is known then. Of
    /// any other network only what was told is written, for a guess in a file would be taken for knowledge. Pictures that are not square
    /// have a size that only the layers tell.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="arePictures">Whether it is fed pictures of three colours.</param>
    public static ModelMetadata Complete(Network network, bool arePictures)
    {
        if (!arePictures)
        {
            return network.Metadata;
        }

        Shape shape = network.Graph.Inputs[0].DefaultShape;
        ModelMetadata complete =
            network.Metadata.Architecture is null ? network.Metadata : network.Metadata.Or(ModelMetadata.ImageNet);
        return shape[2] == shape[3] ? complete with { InputSize = network.Metadata.InputSize ?? shape[2] }
            : complete with { InputSize = null };
    }

    /// <summary>Writes a network to a file of either kind.</summary>
    /// <param name="path">The file.</param>
    /// <param name="source">The file that the network was read from.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="metadata">What is known of it.</param>
    /// <exception cref="DwEngineException">The graph has no form in such a file, or the file cannot be written.</exception>
    public static void Save(string path, string source, Graph graph, ModelMetadata metadata)
    {
        if (HoldsLayers(path))
        {
            SaveLayers(path, source, graph, metadata);
        }
        else
        {
            ModelFile.Save(path, graph, metadata);
        }
    }

    /// <summary>Writes a network to a file that holds the layers.</summary>
    /// <inheritdoc cref="Save"/>
    public static void SaveLayers(string path, string source, Graph graph, ModelMetadata metadata)
    {
        try
        {
            if (HasExtension(path, PyTorchModule.Extension))
            {
                PyTorchModule.Of(graph, metadata).Save(path, Path.GetFileName(source));
            }
            else
            {
                OnnxExport.Save(path, graph, metadata);
            }
        }
        catch (Exception error) when (error is OnnxExportException or PyTorchExportException)
        {
            throw new CommandException($"{path}: {error.Message}", error);
        }
    }

    private static bool HasExtension(string path, string extension) =>
        Path.GetExtension(path).Equals(extension, StringComparison.OrdinalIgnoreCase);
}
