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
    public static bool IsOnnx(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using SourceFile file = SourceFile.Open(path);
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
    public static OnnxNetwork Load(string path, OnnxOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using SourceFile file = SourceFile.Open(path);
        using var stream = new SourceStream(file);
        return Load(path, stream, Path.GetDirectoryName(Path.GetFullPath(path)), options);
    }

    /// <summary>Reads a network that lies in a stream as a whole, without files beside it.</summary>
    /// <param name="stream">The stream; what stands before its place is left unread.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="options">How it is read; null for the default.</param>
    /// <inheritdoc cref="Load(string, OnnxOptions?)" path="/exception"/>
    public static OnnxNetwork Load(Stream stream, string name = "stream", OnnxOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentException.ThrowIfNullOrEmpty(name);
        using MemoryStream whole = Gather(stream, name);
        return Load(name, whole, null, options);
    }

    private static OnnxNetwork Load(string file, Stream stream, string? folder, OnnxOptions? options)
    {
        var budget = new MemoryBudget(file, stream.Length);
        ModelProto model = ModelReader.Read(file, stream, budget);
        if (model.IrVersion < 1)
        {
            throw new FileFormatException(file, "ir_version", "is missing: the file is no ONNX network, or is damaged");
        }

        using var external = new ExternalFiles(file, folder);
        return new GraphImporter(file, model, budget, new TensorReader(file, budget, external), options ?? new OnnxOptions()).Import();
    }

    private static MemoryStream Gather(Stream stream, string name)
    {
        var whole = new MemoryStream();
        try
        {
            byte[] part = new byte[1 << 16];
            while (stream.Read(part) is > 0 and var count)
            {
                if (whole.Length + count > Array.MaxLength)
                {
                    throw new FileFormatException(name, "", $"has more than {Array.MaxLength} bytes");
                }

                whole.Write(part.AsSpan(0, count));
            }
        }
        catch (IOException error)
        {
            throw new FileFormatException(name, "", $"cannot be read: {error.Message}", error);
        }

        return whole.Length > 0 ? whole : throw new FileFormatException(name, "", "is empty");
    }
}
