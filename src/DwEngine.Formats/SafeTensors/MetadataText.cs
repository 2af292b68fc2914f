using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using DwEngine.Formats.Files;
using DwEngine.Models;

namespace DwEngine.Formats.SafeTensors;

/// <summary>
/// <see cref="ModelMetadata"/> as the text map of a safetensors file, under the keys that <see cref="CheckpointFile"/> documents. Members that are null are
/// left out; keys that are not known are ignored when a file is read.
/// </summary>
internal static class MetadataText
{
    private const string Architecture = "architecture";
    private const string Stem = "stem";
    private const string InputSize = "input_size";
    private const string Mean = "mean";
    private const string StandardDeviation = "std";
    private const string Labels = "labels";

    private const string ImageNetStem = "imagenet";
    private const string CifarStem = "cifar";

    /// <summary>The known members as pairs of key and text, in a fixed order.</summary>
    /// <exception cref="FileFormatException">A member cannot be written, such as a mean that is not finite.</exception>
    public static List<KeyValuePair<string, string>> Encode(ModelMetadata metadata, string path)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        Add(Architecture, metadata.Architecture);
        Add(Stem, metadata.Stem switch { null => null, StemKind.Cifar => CifarStem, _ => ImageNetStem });
        Add(InputSize, metadata.InputSize?.ToString(CultureInfo.InvariantCulture));
        Add(Mean, metadata.Mean is { } mean ? Numbers(mean) : null);
        Add(StandardDeviation, metadata.StandardDeviation is { } deviation ? Numbers(deviation) : null);
        Add(Labels, metadata.Labels is { } labels ? Strings(labels) : null);
        // What is written must be readable again.
        Decode(pairs.ToDictionary(), problem => new FileFormatException(path, "metadata", problem));
        return pairs;

        void Add(string key, string? value)
        {
            if (value is not null)
            {
                CheckText(value, path, $"metadata '{key}'");
                pairs.Add(new(key, value));
            }
        }

        string Numbers(ImmutableArray<float> values) => Json(writer =>
        {
            foreach (float value in values)
            {
                if (!float.IsFinite(value))
                {
                    throw new FileFormatException(path, "metadata", $"{value} cannot be written; expected a finite number");
                }

                writer.WriteNumberValue(value);
            }
        });

        string Strings(ImmutableArray<string> values) => Json(writer =>
        {
            foreach (string value in values)
            {
                CheckText(value, path, "a label");
                writer.WriteStringValue(value);
            }
        });
    }

    /// <summary>Reads the members that the text map holds.</summary>
    /// <exception cref="FileFormatException">A known key has a value that is not of its kind.</exception>
    public static ModelMetadata Decode(IReadOnlyDictionary<string, string> pairs, SourceFile file) =>
        Decode(pairs, problem => file.Error(SafeTensorsHeader.MetadataKey, problem));

    /// <summary>Refuses text with unpaired surrogates, which UTF-8 cannot hold.</summary>
    public static void CheckText(string text, string path, string location)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                throw new FileFormatException(path, location, $"{Quoting.Quoted(text)} is not valid Unicode text");
            }
        }
    }

    private static ModelMetadata Decode(IReadOnlyDictionary<string, string> pairs, Func<string, FileFormatException> error)
    {
        return new ModelMetadata
        {
            Architecture = pairs.GetValueOrDefault(Architecture),
            Stem = pairs.GetValueOrDefault(Stem) switch
            {
                null => null,
                ImageNetStem => StemKind.ImageNet,
                CifarStem => StemKind.Cifar,
                var other => throw Unexpected(Stem, other, $"'{ImageNetStem}' or '{CifarStem}'"),
            },
            InputSize = pairs.GetValueOrDefault(InputSize) switch
            {
                null => null,
                var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size > 0 => size,
                var text => throw Unexpected(InputSize, text, "a positive integer"),
            },
            Mean = Array(Mean, "a JSON array of finite numbers", element => Number(element)),
            StandardDeviation = Array(
                StandardDeviation, "a JSON array of finite numbers above 0", element => Number(element) is > 0 and var value ? value : null),
            Labels = Texts(),
        };

        FileFormatException Unexpected(string key, string text, string expected) =>
            error($"the key '{key}' has the value {Quoting.Quoted(text)}; expected {expected}");

        static float? Number(JsonElement element) =>
            element.ValueKind == JsonValueKind.Number && element.TryGetSingle(out float value) && float.IsFinite(value) ? value : null;

        ImmutableArray<float>? Array(string key, string expected, Func<JsonElement, float?> read)
        {
            if (!pairs.TryGetValue(key, out string? text))
            {
                return null;
            }

            using JsonDocument document = Parse(key, text, expected);
            return [.. document.RootElement.EnumerateArray().Select(element => read(element) ?? throw Unexpected(key, text, expected))];
        }

        ImmutableArray<string>? Texts()
        {
            const string Expected = "a JSON array of strings";
            if (!pairs.TryGetValue(Labels, out string? text))
            {
                return null;
            }

            using JsonDocument document = Parse(Labels, text, Expected);
            try
            {
                return [.. document.RootElement.EnumerateArray().Select(element => element.GetString() ?? throw Unexpected(Labels, text, Expected))];
            }
            catch (InvalidOperationException)
            {
                // Not a string, or one with an escaped unpaired surrogate.
                throw Unexpected(Labels, text, Expected);
            }
        }

        JsonDocument Parse(string key, string text, string expected)
        {
            JsonDocument? document = null;
            try
            {
                document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 1 });
            }
            catch (JsonException)
            {
                // Reported below, together with JSON of another kind.
            }

            if (document?.RootElement.ValueKind != JsonValueKind.Array)
            {
                document?.Dispose();
                throw Unexpected(key, text, expected);
            }

            return document;
        }
    }

    private static string Json(Action<Utf8JsonWriter> writeItems)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartArray();
            writeItems(writer);
            writer.WriteEndArray();
        }

        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
