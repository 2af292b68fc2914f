using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DwEngine.Files;
using DwEngine.Formats.Selection;
using DwEngine.Models;
using DwEngine.Tensors;

namespace DwEngine.Formats.SafeTensors;

/// <summary>
/// The safetensors format of Hugging Face: a length, a JSON header, then the tensors' bytes without a gap. What the tensors don't tell
/// stands in the header's <c>__metadata__</c>, under the keys of <see cref="MetadataTexts"/>.
/// </summary>
internal sealed class SafeTensorsFormat : ICheckpointFormat
{
    // A SHA-256 in hexadecimal digits.
    private const int Alignment = 8, ModuleLength = 64;

    public string Name => "safetensors";

    public IReadOnlyList<string> Extensions => [".safetensors"];

    public bool CanSave => true;

    public bool Recognises(ReadOnlySpan<byte> head) =>
        head.Length > SafeTensorsHeader.PrefixLength && head[SafeTensorsHeader.PrefixLength] == (byte)'{';

    public Checkpoint Load(SourceFile file, string? root)
    {
        var budget = new MemoryBudget(file);
        SafeTensorsHeader header = SafeTensorsHeader.Read(file, budget);
        ModelMetadata metadata = MetadataTexts.Decode(
            header.Metadata,
            bytes => budget.Take(bytes, SafeTensorsHeader.MetadataKey),
            (problem, inner) => file.Error(SafeTensorsHeader.MetadataKey, problem, inner));
        TensorSelection selection = TensorSelection.Of(
            [.. header.Tensors.Select(entry => new OfferedTensor("", entry.Name, entry.Shape.ElementCount == 1))], root, file);
        var tensors = new StateDict();
        foreach ((int index, string name) in selection.Tensors)
        {
            SafeTensorEntry entry = header.Tensors[index];
            string location = $"tensor {Quoting.Quoted(entry.Name)}";
            if (entry.Type is not { } type)
            {
                throw file.Error(location, $"dtype {Quoting.Quoted(entry.TypeName)}; expected {string.Join(", ", SafeTensorsTypes.Names)}");
            }

            budget.Take(entry.End - entry.Begin, location);
            byte[] bytes = file.ReadArray(header.DataStart + entry.Begin, entry.End - entry.Begin, location);
            tensors.Add(name, Tensor.FromBytes(type, entry.Shape, bytes));
        }

        return new Checkpoint(tensors, metadata)
        {
            Remarks = selection.Remarks,
            OtherRoots = selection.OtherRoots,
            Module = ModuleOf(file, header),
        };
    }

    /// <summary>
    /// The header lists tensors in the checkpoint's order. Their bytes are laid out by falling element size, so that each starts at a
    /// multiple of its element size and the file can be mapped.
    /// </summary>
    public void Save(string path, Stream stream, Checkpoint checkpoint)
    {
        List<KeyValuePair<string, Tensor>> layout = [.. checkpoint.Tensors.OrderByDescending(entry => entry.Value.Type.Size())];
        var begins = new Dictionary<string, long>(StringComparer.Ordinal);
        long position = 0;
        foreach ((string name, Tensor tensor) in layout)
        {
            begins.Add(name, position);
            position += tensor.Bytes.Length;
        }

        ReadOnlySpan<byte> header = EncodeHeader(path, checkpoint, begins);
        int padding = (Alignment - (header.Length % Alignment)) % Alignment;
        if (header.Length + padding > SafeTensorsHeader.MaxLength)
        {
            throw new FileFormatException(
                path, "header", $"{Words.Count(header.Length, "byte")}; the format allows {SafeTensorsHeader.MaxLength}");
        }

        Span<byte> prefix = stackalloc byte[SafeTensorsHeader.PrefixLength];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)(header.Length + padding));
        stream.Write(prefix);
        stream.Write(header);
        stream.Write("        "u8[..padding]);
        foreach ((_, Tensor tensor) in layout)
        {
            stream.Write(tensor.Bytes);
        }
    }

    private static string? ModuleOf(SourceFile file, SafeTensorsHeader header)
    {
        if (!header.Metadata.TryGetValue(MetadataTexts.Module, out byte[]? text))
        {
            return null;
        }

        string module = text.Length == ModuleLength ? Encoding.ASCII.GetString(text) : "";
        return module.Length > 0 && module.All(char.IsAsciiHexDigitLower) ? module
            : throw file.Error(
                SafeTensorsHeader.MetadataKey,
                $"the key '{MetadataTexts.Module}' has a value of {Words.Count(text.Length, "byte")}; {ModuleLength} hexadecimal digits "
                + "were expected");
    }

    private static ReadOnlySpan<byte> EncodeHeader(string path, Checkpoint checkpoint, Dictionary<string, long> begins)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        List<KeyValuePair<string, string>> metadata = MetadataTexts.Encode(checkpoint.Metadata, Error);
        if (checkpoint.Module is { } module)
        {
            metadata.Add(new(MetadataTexts.Module, module));
        }

        if (metadata.Count > 0)
        {
            json.WriteStartObject(SafeTensorsHeader.MetadataKey);
            foreach ((string key, string value) in metadata)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        foreach ((string name, Tensor tensor) in checkpoint.Tensors)
        {
            if (name == SafeTensorsHeader.MetadataKey)
            {
                throw new FileFormatException(path, $"tensor '{name}'", "the format keeps this name for its metadata");
            }

            MetadataTexts.CheckText(name, Error, "a tensor's name");
            json.WriteStartObject(name);
            json.WriteString("dtype", SafeTensorsTypes.NameOf(tensor.Type));
            json.WriteStartArray("shape");
            foreach (int dimension in tensor.Shape.Dimensions)
            {
                json.WriteNumberValue(dimension);
            }

            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(begins[name]);
            json.WriteNumberValue(begins[name] + tensor.Bytes.Length);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;

        FileFormatException Error(string location, string problem, Exception? inner) => new(path, location, problem, inner);
    }
}
