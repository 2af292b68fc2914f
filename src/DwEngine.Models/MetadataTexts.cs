using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DwEngine.Models;

/// <summary>
/// <see cref="ModelMetadata"/> as pairs of key and text, in which files keep it. Members that are null are left out; keys that are
/// not known are ignored when a file is read.
/// </summary>
internal static class MetadataTexts
{
    /// <summary>The key of <see cref="Checkpoint.Module"/>, which is told beside the metadata.</summary>
    public const string Module = "dwengine_module";

    private const string Architecture = "architecture";
    private const string InputSize = "input_size";
    private const string Mean = "mean";
    private const string StandardDeviation = "std";
    private const string Labels = "labels";

    // Far more than any image has.
    private const int MaxChannels = 1024;

    // Names and numbers are far shorter.
    private const int MaxTextBytes = 1024;

    // A string's object and its place in a growing list.
    private const int LabelBytes = 48;

    private static readonly string SizeRange = $"a positive integer, at most {ModelMetadata.MaxInputSize}";

    /// <summary>Reads the item at the reader's place; null if it is of another kind.</summary>
    private delegate object? ItemReader<T>(ref Utf8JsonReader json);

    /// <summary>The known members as pairs of key and text, in a fixed order.</summary>
    /// <param name="metadata">The members.</param>
    /// <param name="error">
    /// Makes the error of a place and a problem that is thrown if a member cannot be written, such as a mean that is not finite.
    /// </param>
    public static List<KeyValuePair<string, string>> Encode(
        ModelMetadata metadata, Func<string, string, Exception?, DwEngineException> error)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        Add(Architecture, metadata.Architecture);
        foreach ((string name, string value) in metadata.Settings)
        {
            Add(name, value);
        }

        Add(InputSize, metadata.InputSize?.ToString(CultureInfo.InvariantCulture));
        Add(Mean, metadata.Mean is { } mean ? Numbers(mean) : null);
        Add(StandardDeviation, metadata.StandardDeviation is { } deviation ? Numbers(deviation) : null);
        Add(Labels, metadata.Labels is { } labels ? Strings(labels) : null);
        // What is written must be readable again.
        Decode(
            pairs.ToDictionary(pair => pair.Key, pair => Encoding.UTF8.GetBytes(pair.Value)),
            _ => { },
            (problem, inner) => error("metadata", problem, inner));
        return pairs;

        void Add(string key, string? value)
        {
            if (value is not null)
            {
                CheckText(value, error, $"metadata '{key}'");
                pairs.Add(new(key, value));
            }
        }

        string Numbers(ImmutableArray<float> values) => Json(writer =>
        {
            foreach (float value in values)
            {
                if (!float.IsFinite(value))
                {
                    throw error("metadata", $"{value} cannot be written; expected a finite number", null);
                }

                writer.WriteNumberValue(value);
            }
        });

        string Strings(ImmutableArray<string> values) => Json(writer =>
        {
            foreach (string value in values)
            {
                CheckText(value, error, "a label");
                writer.WriteStringValue(value);
            }
        });
    }

    /// <summary>Whether a key is one of those that are read.</summary>
    public static bool IsKnown(string key)
    {
        // A file may have millions of keys, so that looking one up must not allocate.
        foreach (ArchitectureSetting setting in Architectures.Settings)
        {
            if (setting.Name == key)
            {
                return true;
            }
        }

        return key is Architecture or InputSize or Mean or StandardDeviation or Labels or Module;
    }

    /// <summary>Refuses text with unpaired surrogates, which UTF-8 cannot hold.</summary>
    public static void CheckText(string text, Func<string, string, Exception?, DwEngineException> error, string location)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                throw error(location, $"{Quoted(text)} is not valid Unicode text", null);
            }
        }
    }

    /// <summary>Reads the members that pairs hold.</summary>
    /// <param name="pairs">Known keys and their texts, as UTF-8.</param>
    /// <param name="take">Is told of bytes before they are held.</param>
    /// <param name="error">Makes the error that is thrown if a known key has a value that is not of its kind, or too long.</param>
    public static ModelMetadata Decode(
        IReadOnlyDictionary<string, byte[]> pairs, Action<long> take, Func<string, Exception?, DwEngineException> error)
    {
        return new ModelMetadata
        {
            Architecture = Text(Architecture, "a name"),
            Settings = Settings(),
            InputSize = Text(InputSize, SizeRange) switch
            {
                null => null,
                var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size)
                    && size is > 0 and <= ModelMetadata.MaxInputSize => size,
                _ => throw Unexpected(InputSize, SizeRange),
            },
            Mean = Numbers(Mean, "a JSON array of finite numbers", _ => true),
            StandardDeviation = Numbers(StandardDeviation, "a JSON array of finite numbers above 0", value => value > 0),
            Labels = Texts(),
        };

        DwEngineException Unexpected(string key, string expected, Exception? inner = null)
        {
            byte[] text = pairs[key];
            string shown = Encoding.UTF8.GetString(text.AsSpan(0, Math.Min(text.Length, MaxTextBytes)));
            return error($"the key '{key}' has the value {Quoted(shown)}; expected {expected}", inner);
        }

        string? Text(string key, string expected) => !pairs.TryGetValue(key, out byte[]? text) ? null
            : text.Length <= MaxTextBytes ? Encoding.UTF8.GetString(text)
            : throw Unexpected(key, $"{expected} of at most {MaxTextBytes} bytes");

        ImmutableSortedDictionary<string, string> Settings()
        {
            var settings = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
            foreach ((string name, ImmutableArray<string> values) in Architectures.Settings)
            {
                string expected = string.Join(" or ", values.Select(value => $"'{value}'"));
                if (Text(name, expected) is { } value)
                {
                    settings.Add(name, values.Contains(value) ? value : throw Unexpected(name, expected));
                }
            }

            return settings.ToImmutable();
        }

        ImmutableArray<float>? Numbers(string key, string expected, Func<float, bool> accepts) =>
            Items<float>(key, $"{expected}, at most {MaxChannels}", MaxChannels, sizeof(float), (ref Utf8JsonReader json) =>
                json.TokenType == JsonTokenType.Number && json.TryGetSingle(out float value) && float.IsFinite(value) && accepts(value)
                    ? value
                    : null);

        ImmutableArray<string>? Texts() =>
            Items<string>(Labels, "a JSON array of strings", int.MaxValue, LabelBytes, (ref Utf8JsonReader json) =>
            {
                if (json.TokenType != JsonTokenType.String)
                {
                    return null;
                }

                take((long)json.ValueSpan.Length * sizeof(char));
                return json.GetString();
            });

        // Read one by one, never as a document, which would take many times the text's length.
        ImmutableArray<T>? Items<T>(string key, string expected, int most, int bytes, ItemReader<T> read)
        {
            if (!pairs.TryGetValue(key, out byte[]? text))
            {
                return null;
            }

            var items = ImmutableArray.CreateBuilder<T>();
            try
            {
                var json = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 1 });
                if (!json.Read() || json.TokenType != JsonTokenType.StartArray)
                {
                    throw Unexpected(key, expected);
                }

                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                {
                    take(bytes);
                    items.Add(items.Count < most && read(ref json) is T item ? item : throw Unexpected(key, expected));
                }

                // Only white space may follow.
                json.Read();
            }
            catch (Exception problem) when (problem is JsonException or InvalidOperationException)
            {
                // InvalidOperationException: text with an escaped unpaired surrogate.
                throw Unexpected(key, expected, problem);
            }

            return items.ToImmutable();
        }
    }

    // In the middle of a message, whatever the file says.
    private static string Quoted(string text) =>
        $"'{WeightProblems.Shown(string.Concat(text.Select(letter => char.IsSurrogate(letter) ? '?' : letter)))}'";

    private static string Json(Action<Utf8JsonWriter> writeItems)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartArray();
            writeItems(writer);
            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
