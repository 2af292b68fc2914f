using System.Globalization;
using System.Text.Json;
using DwEngine.Cli.Output;

namespace DwEngine.Cli.Options;

/// <summary>With what a network was decomposed, so that a report tells how to do it again. Null for what played no part.</summary>
internal sealed record DecomposeSettings
{
    /// <summary>The command line as it was typed, without the program's name.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The method's name.</summary>
    public required string Method { get; init; }

    /// <summary>Filters for each input channel, at most.</summary>
    public int? Rank { get; init; }

    /// <summary>The wanted speedup.</summary>
    public double? TargetSpeedup { get; init; }

    /// <summary>What cheaper means, if not the default.</summary>
    public string? By { get; init; }

    /// <summary>What decides between ranks, if it was told.</summary>
    public string? RanksBy { get; init; }

    /// <summary>The largest error of a layer.</summary>
    public double? MaxError { get; init; }

    /// <summary>Patterns of the layers to decompose; empty for all but the stem.</summary>
    public IReadOnlyList<string> Layers { get; init; } = [];

    /// <summary>Patterns of the layers to leave alone.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Whether also layers were decomposed that are not faster so.</summary>
    public bool Force { get; init; }

    /// <summary>Images to choose, at most.</summary>
    public int? Samples { get; init; }

    /// <summary>What decided which images and positions were used.</summary>
    public int? Seed { get; init; }

    /// <summary>Bytes that calibration could take.</summary>
    public long? Memory { get; init; }

    /// <summary>Writes one object.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject("settings");
        Write("arguments", Arguments);
        json.WriteString("method", Method);
        Write("rank", Rank);
        Write("target_speedup", TargetSpeedup);
        Write("by", By);
        Write("ranks_by", RanksBy);
        Write("max_error", MaxError);
        Write("layers", Layers);
        Write("exclude", Exclude);
        json.WriteBoolean("force", Force);
        Write("samples", Samples);
        Write("seed", Seed);
        Write("memory", Memory);
        json.WriteEndObject();

        void Write(string name, object? value)
        {
            json.WritePropertyName(name);
            switch (value)
            {
                case null:
                    json.WriteNullValue();
                    break;
                case string text:
                    json.WriteStringValue(text);
                    break;
                case double number:
                    json.WriteNumberValue(number);
                    break;
                case IReadOnlyList<string> texts:
                    json.WriteStartArray();
                    foreach (string item in texts)
                    {
                        json.WriteStringValue(item);
                    }

                    json.WriteEndArray();
                    break;
                default:
                    json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                    break;
            }
        }
    }

    /// <summary>The command line, for a shell.</summary>
    public string Command => $"dw {string.Join(' ', Arguments.Select(CommandText.Quoted))}";

    /// <summary>Names and values of all else that played a part.</summary>
    public IEnumerable<string[]> Rows() => new (string Name, string? Value)[]
    {
        ("method", Method),
        ("rank", Text(Rank)),
        ("target speedup", Text(TargetSpeedup)),
        ("by", By),
        ("ranks by", RanksBy),
        ("max error", Text(MaxError)),
        ("layers", Layers.Count == 0 ? "all but the stem" : string.Join(", ", Layers)),
        ("exclude", Exclude.Count == 0 ? null : string.Join(", ", Exclude)),
        ("force", Force ? "yes" : null),
        ("samples, at most", Text(Samples)),
        ("seed", Text(Seed)),
        ("memory", Memory is { } bytes ? $"{Format.Count(bytes)} bytes" : null),
    }.Where(row => row.Value is not null).Select(row => new[] { row.Name, row.Value! });

    private static string? Text(IFormattable? value) => value?.ToString(null, CultureInfo.InvariantCulture);
}
