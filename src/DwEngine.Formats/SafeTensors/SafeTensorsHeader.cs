using System.Buffers.Binary;
using System.Text.Json;
using DwEngine.Files;
using DwEngine.Models;
using DwEngine.Tensors;

namespace DwEngine.Formats.SafeTensors;

/// <summary>One tensor of a safetensors header.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">The type of the elements; null where the engine has none for it.</param>
/// <param name="TypeName">The type's name in the file.</param>
/// <param name="Shape">The dimensions; its bytes are <paramref name="End"/> - <paramref name="Begin"/>.</param>
/// <param name="Begin">The first byte, counted from the end of the header.</param>
/// <param name="End">The byte after the last one.</param>
internal sealed record SafeTensorEntry(string Name, ElementType? Type, string TypeName, Shape Shape, long Begin, long End);

/// <summary>Reads and checks the header of a safetensors file: an 8-byte little-endian length, then JSON of that length.</summary>
internal sealed class SafeTensorsHeader
{
    /// <summary>The length field before the JSON text.</summary>
    public const int PrefixLength = sizeof(ulong);

    /// <summary>The longest header that is read; the reference implementation has the same bound.</summary>
    public const long MaxLength = 100_000_000;

    /// <summary>The key of the text map beside the tensors.</summary>
    public const string MetadataKey = "__metadata__";

    private const string Place = "header";
    // The object, a tensor in it, its shape in that, and nothing deeper.
    private const int MaxDepth = 3;

    // A tensor's name, entry and shape, and its places in tables and in the state dict.
    private const int TensorBytes = 512;

    // A text's array and its place in the map.
    private const int TextBytes = 128;

    private readonly SourceFile _file;
    private readonly MemoryBudget _budget;
    private readonly List<SafeTensorEntry> _tensors = [];
    private readonly Dictionary<string, byte[]> _metadata = new(StringComparer.Ordinal);

    private SafeTensorsHeader(SourceFile file, MemoryBudget budget, long length)
    {
        _file = file;
        _budget = budget;
        DataStart = PrefixLength + length;
    }

    /// <summary>Where the tensors' bytes start in the file.</summary>
    public long DataStart { get; }

    /// <summary>The tensors in the header's order.</summary>
    public IReadOnlyList<SafeTensorEntry> Tensors => _tensors;

    /// <summary>The text map's known keys, each with its text as UTF-8; empty where there is none.</summary>
    public IReadOnlyDictionary<string, byte[]> Metadata => _metadata;

    /// <exception cref="FileFormatException">The header is malformed, or its tensors don't fill the rest of the file exactly.</exception>
    public static SafeTensorsHeader Read(SourceFile file, MemoryBudget budget)
    {
        Span<byte> prefix = stackalloc byte[PrefixLength];
        file.Read(0, prefix, "header length");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)(file.Length - PrefixLength) || length > MaxLength)
        {
            throw file.Error(
                "header length",
                $"{length} {(length == 1 ? "byte" : "bytes")}; the file has {file.Length - PrefixLength} more, and a header at "
                    + $"most {MaxLength}");
        }

        var header = new SafeTensorsHeader(file, budget, (long)length);
        budget.Take((long)length, Place);
        byte[] json = file.ReadArray(PrefixLength, (long)length, Place);
        try
        {
            header.Parse(json);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            // InvalidOperationException is what Utf8JsonReader throws for text that is not valid UTF-8.
            throw file.Error(Place, $"not the JSON that safetensors prescribes: {error.Message}", error);
        }

        header.CheckOffsets();
        return header;
    }

    private void Parse(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw _file.Error(Place, "does not start with '{'");
        }

        reader.Read();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (NextKey(ref reader) is { } name)
        {
            if (!names.Add(name))
            {
                throw _file.Error(Place, $"the key {Quoting.Quoted(name)} occurs twice");
            }

            Expect(ref reader, JsonTokenType.StartObject, name);
            if (name == MetadataKey)
            {
                ParseMetadata(ref reader);
            }
            else
            {
                Take(TensorBytes + ((long)name.Length * 2 * sizeof(char)), Place);
                _tensors.Add(ParseTensor(ref reader, name));
            }
        }

        // Only white space may follow; Read throws on anything else.
        reader.Read();
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (NextKey(ref reader) is { } key)
        {
            Expect(ref reader, JsonTokenType.String, MetadataKey);
            Take(TextBytes + (key.Length * sizeof(char)), MetadataKey);
            if (!keys.Add(key))
            {
                throw _file.Error(MetadataKey, $"the key {Quoting.Quoted(key)} occurs twice");
            }

            if (MetadataTexts.IsKnown(key))
            {
                // Escapes only make the text shorter.
                Take(reader.ValueSpan.Length, MetadataKey);
                byte[] text = new byte[reader.ValueSpan.Length];
                _metadata.Add(key, text[..reader.CopyString(text)]);
            }
        }
    }

    private SafeTensorEntry ParseTensor(ref Utf8JsonReader reader, string name)
    {
        string location = $"tensor {Quoting.Quoted(name)}";
        string? typeName = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (NextKey(ref reader) is { } key)
        {
            switch (key)
            {
                case "dtype" when typeName is null:
                    Expect(ref reader, JsonTokenType.String, name);
                    Take(TextBytes + (reader.ValueSpan.Length * sizeof(char)), Place);
                    typeName = reader.GetString()!;
                    break;
                case "shape" when shape is null:
                    shape = ParseIntegers(ref reader, name, Shape.MaxRank);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ParseIntegers(ref reader, name, 2);
                    break;
                default:
                    throw _file.Error(location, $"the key {Quoting.Quoted(key)}; expected dtype, shape and data_offsets once each");
            }
        }

        if (typeName is null || shape is null || offsets is not [long begin, long end])
        {
            throw _file.Error(location, "dtype, shape and two data_offsets are needed");
        }

        ElementType? type = SafeTensorsTypes.Find(typeName);
        return new SafeTensorEntry(name, type, typeName, CheckShape(shape, type, begin, end, location), begin, end);
    }

    private void Take(long bytes, string location)
    {
        if (!_budget.TryTake(bytes))
        {
            throw _file.Error(location, _budget.Refusal(bytes));
        }
    }

    private Shape CheckShape(List<long> dimensions, ElementType? type, long begin, long end, string location)
    {
        Span<int> checkedDimensions = stackalloc int[dimensions.Count];
        for (int i = 0; i < checkedDimensions.Length; i++)
        {
            if (dimensions[i] > int.MaxValue)
            {
                throw _file.Error(location, $"a dimension of {dimensions[i]}; at most {int.MaxValue} can be read");
            }

            checkedDimensions[i] = (int)dimensions[i];
        }

        Shape shape;
        try
        {
            shape = new Shape(checkedDimensions);
        }
        catch (ShapeException error)
        {
            throw _file.Error(location, error.Message, error);
        }

        // A type that is not known has no known size; its tensor is refused where it is needed.
        if (begin > end || (type is { } known && (Int128)shape.ElementCount * known.Size() != end - begin))
        {
            string needed = type is { } wanted ? $"; shape {shape} of {type} needs {(Int128)shape.ElementCount * wanted.Size()} bytes" : "";
            throw _file.Error(location, $"data_offsets [{begin}, {end}]{needed}");
        }

        return shape;
    }

    private List<long> ParseIntegers(ref Utf8JsonReader reader, string name, int maxCount)
    {
        Expect(ref reader, JsonTokenType.StartArray, name);
        var values = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (values.Count == maxCount || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long value) || value < 0)
            {
                throw _file.Error($"tensor {Quoting.Quoted(name)}",
                    $"expected at most {maxCount} integers from 0 to 2^63 - 1 at byte {PrefixLength + reader.TokenStartIndex}");
            }

            values.Add(value);
        }

        return values;
    }

    private static string? NextKey(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.PropertyName ? reader.GetString() : null;
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType type, string name)
    {
        reader.Read();
        if (reader.TokenType != type)
        {
            throw _file.Error(
                Place, $"{reader.TokenType} under {Quoting.Quoted(name)} at byte {PrefixLength + reader.TokenStartIndex}; expected {type}");
        }
    }

    // The header may list tensors in any order; their bytes must cover the rest of the file once, so that no file hides data or uses it
    // twice.
    private void CheckOffsets()
    {
        long position = 0;
        foreach (SafeTensorEntry tensor in _tensors.OrderBy(tensor => tensor.Begin).ThenBy(tensor => tensor.End))
        {
            if (tensor.Begin != position)
            {
                throw _file.Error(
                    $"tensor {Quoting.Quoted(tensor.Name)}",
                    $"starts at data byte {tensor.Begin}; expected {position}, where the one before it ends: tensors overlap or leave a "
                        + $"hole");
            }

            position = tensor.End;
        }

        if (position != _file.Length - DataStart)
        {
            throw _file.Error(
                "data", $"the tensors take {Words.Count(position, "byte")}; the file holds {_file.Length - DataStart} after its header");
        }
    }
}

/// <summary>The names of element types in safetensors files.</summary>
internal static class SafeTensorsTypes
{
    private static readonly (string Name, ElementType Type)[] Rows =
    [
        ("F32", ElementType.Float32),
        ("F16", ElementType.Float16),
        ("BF16", ElementType.BFloat16),
        ("F64", ElementType.Float64),
        ("I64", ElementType.Int64),
        ("I32", ElementType.Int32),
        ("I16", ElementType.Int16),
        ("I8", ElementType.Int8),
        ("U8", ElementType.UInt8),
        ("BOOL", ElementType.Bool),
    ];

    public static IEnumerable<string> Names => Rows.Select(row => row.Name);

    public static ElementType? Find(string name)
    {
        int row = Array.FindIndex(Rows, candidate => candidate.Name == name);
        return row < 0 ? null : Rows[row].Type;
    }

    public static string NameOf(ElementType type) => Array.Find(Rows, row => row.Type == type).Name;
}
