using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Onnx;

namespace DwEngine.Cli.Output;

/// <summary>Files that a network is written to: of named tensors, or with its layers.</summary>
internal static class NetworkOutput
{
    /// <summary>The extensions of files that can be written, with the dot.</summary>
    public static IEnumerable<string> Extensions => [.. CheckpointFile.WritableExtensions, OnnxFile.Extension];

    /// <summary>Whether a file of that name holds the layers, too, so that any graph can be written to it.</summary>
    public static bool HoldsLayers(string path) => Path.GetExtension(path).Equals(OnnxFile.Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes a network to a file of either kind.</summary>
    /// <param name="path">The file.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="metadata">What is known of it.</param>
    /// <exception cref="DwEngineException">The graph has no form in such a file, or the file cannot be written.</exception>
    public static void Save(string path, Graph graph, ModelMetadata metadata)
    {
        if (HoldsLayers(path))
        {
            SaveLayers(path, graph, metadata);
        }
        else
        {
            ModelFile.Save(path, graph, metadata);
        }
    }

    /// <summary>Writes a network as ONNX.</summary>
    /// <inheritdoc cref="Save"/>
    public static void SaveLayers(string path, Graph graph, ModelMetadata metadata)
    {
        try
        {
            OnnxExport.Save(path, graph, metadata);
        }
        catch (OnnxExportException error)
        {
            throw new CommandException($"{path}: {error.Message}", error);
        }
    }
}
