using System.Text.Json;
using DwEngine.Models;

namespace DwEngine.Cli.Output;

/// <summary>What is known of a network beside its layers, as the commands show it.</summary>
internal static class MetadataText
{
    /// <summary>Writes one member for each value that is known.</summary>
    public static void WriteJson(Utf8JsonWriter json, ModelMetadata metadata)
    {
        if (metadata.Architecture is { } architecture)
        {
            json.WriteString("architecture", architecture);
        }

        foreach ((string name, string value) in metadata.Settings)
        {
            json.WriteString(name, value);
        }

        if (metadata.InputSize is { } size)
        {
            json.WriteNumber("input_size", size);
        }

        if (metadata.Mean is { } mean)
        {
            json.WriteNumbers("mean", mean);
        }

        if (metadata.StandardDeviation is { } deviation)
        {
            json.WriteNumbers("std", deviation);
        }

        if (metadata.Labels is { } labels)
        {
            json.WriteStartArray("labels");
            foreach (string label in labels)
            {
                json.WriteStringValue(label);
            }

            json.WriteEndArray();
        }
    }

    /// <summary>Adds one row for each value that is known.</summary>
    public static void AddRows(TextTable table, ModelMetadata metadata)
    {
        Add("architecture", metadata.Architecture);
        foreach ((string name, string value) in metadata.Settings)
        {
            Add(name, value);
        }

        Add("input size", metadata.InputSize is { } size ? $"{size} x {size}" : null);
        Add("mean", metadata.Mean is { } mean ? Format.Numbers(mean) : null);
        Add("std", metadata.StandardDeviation is { } deviation ? Format.Numbers(deviation) : null);
        Add("labels", metadata.Labels is { } labels ? Shortened(labels) : null);

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                table.AddRow(name, value);
            }
        }
    }

    private static string Shortened(IReadOnlyList<string> labels)
    {
        const int Shown = 10;
        return string.Join(", ", labels.Take(Shown)) + (labels.Count > Shown ? $", ... ({labels.Count} in all)" : "");
    }
}
