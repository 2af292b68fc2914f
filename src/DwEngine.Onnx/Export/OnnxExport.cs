using DwEngine.Files;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Onnx.Export;
using Google.Protobuf;

namespace DwEngine.Onnx;

/// <summary>
/// Writes graphs as ONNX networks. Layers that only passes make are written as the operators that they stand for. The same graph gives the
/// same bytes.
/// </summary>
public static class OnnxExport
{
    /// <summary>The version of ONNX's operators that is written.</summary>
    public const int Opset = 17;

    /// <summary>Writes a network to a file, which is complete or not there.</summary>
    /// <param name="path">The file; what stood there before is replaced.</param>
    /// <param name="graph">The graph, of any origin.</param>
    /// <param name="metadata">What is known of the network beside its layers; it is kept in the file.</param>
    /// <exception cref="OnnxExportException">The graph has no form in ONNX, or more than 2 GB of weights.</exception>
    /// <exception cref="FileFormatException">The file cannot be written.</exception>
    public static void Save(string path, Graph graph, ModelMetadata? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var model = GraphExporter.Export(graph, metadata);
        try
        {
            AtomicFile.Write(path, stream => model.WriteTo(stream));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new FileFormatException(path, "", $"cannot be written: {error.Message}", error);
        }
    }

    /// <summary>A network as the bytes of a file.</summary>
    /// <inheritdoc cref="Save" path="/param"/>
    /// <exception cref="OnnxExportException">The graph has no form in ONNX, or more than 2 GB of weights.</exception>
    public static byte[] ToBytes(Graph graph, ModelMetadata? metadata = null) => GraphExporter.Export(graph, metadata).ToByteArray();
}
