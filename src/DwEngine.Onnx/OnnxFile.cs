using DwEngine.Files;
using DwEngine.Onnx.Reading;
using DwEngine.Onnx.Schema;

namespace DwEngine.Onnx;

/// <summary>
/// Reads ONNX networks. The memory used is bounded by four times the file's size plus 64 MiB, and likewise for files of weights beside it,
/// whatever sizes they claim.
/// </summary>
public static class OnnxFile
{
    /// <summary>The usual extension of ONNX files, with the dot. The content decides, not the name.</summary>
    public const string Extension = ".onnx";

    /// <summary>Whether a file starts like an ONNX network. One that cannot be read does not.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileFormatException">The file is missing or unreadable.</exception>
    public static bool IsOnnx(string path) => IsOnnx(ModelSource.FromFile(path));

    /// <summary>Whether what a source holds starts like an ONNX network. What cannot be read does not.</summary>
    /// <param name="source">The file, stream or bytes.</param>
    /// <exception cref="FileFormatException">It is missing or unreadable.</exception>
    public static bool IsOnnx(ModelSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        using SourceFile file = source.Open();
        Span<byte> head = stackalloc byte[(int)Math.Min(ModelReader.HeadLength, file.Length)];
        file.Read(0, head, "byte 0");
        return ModelReader.Recognises(head);
    }

    /// <summary>Reads a network.</summary>
    /// <param name="path">The file. Weights may lie in files beside it, within its folder.</param>
    /// <param name="options">How it is read; null for the default.</param>
    /// <exception cref="FileFormatException">
    /// A file is missing, unreadable, truncated, corrupt or hostile, or the network contradicts itself; the message names the file, the
    /// place and what was expected.
    /// </exception>
    /// <exception cref="OnnxUnsupportedException">The engine cannot compute some of the nodes; the message names them all.</exception>
    public static OnnxNetwork Load(string path, OnnxOptions? options = null) => Load(ModelSource.FromFile(path), options);

    /// <summary>Reads a network that lies in a stream as a whole, or beside files in <see cref="OnnxOptions.WeightsFolder"/>.</summary>
    /// <param name="stream">The stream; what stands before its place is left unread.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="options">How it is read; null for the default.</param>
    /// <inheritdoc cref="Load(string, OnnxOptions?)" path="/exception"/>
    public static OnnxNetwork Load(Stream stream, string name = "stream", OnnxOptions? options = null) =>
        Load(ModelSource.FromStream(stream, name), options);

    /// <summary>Reads a network from a file, a stream, bytes or a mapped file. Errors name the source.</summary>
    /// <param name="source">
    /// The source. Weights may lie in files beside a file, or in <see cref="OnnxOptions.WeightsFolder"/>; other sources have no folder of
    /// their own.
    /// </param>
    /// <param name="options">How it is read; null for the default.</param>
    /// <inheritdoc cref="Load(string, OnnxOptions?)" path="/exception"/>
    public static OnnxNetwork Load(ModelSource source, OnnxOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        using SourceFile file = source.Open();
        using var stream = new SourceStream(file);
        var budget = new MemoryBudget(file);
        ModelProto model = ModelReader.Read(source.Name, stream, budget);
        if (model.IrVersion < 1)
        {
            throw new FileFormatException(source.Name, "ir_version", "is missing: the file is no ONNX network, or is damaged");
        }

        options ??= new OnnxOptions();
        using var external = new ExternalFiles(source.Name, options.WeightsFolder ?? source.Folder);
        return new GraphImporter(source.Name, model, budget, new TensorReader(source.Name, budget, external), options).Import();
    }
}
