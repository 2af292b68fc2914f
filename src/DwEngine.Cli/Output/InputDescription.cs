using System.Text.Json;
using DwEngine.Models;

namespace DwEngine.Cli.Output;

/// <summary>What a network gets as its input, and what of that nobody told.</summary>
/// <param name="Used">All values.</param>
/// <param name="Told">Those that options or files tell; null for the rest, which are defaults.</param>
internal sealed record InputDescription(ModelMetadata Used, ModelMetadata Told)
{
    /// <summary>Describes the input of a network.</summary>
    public static InputDescription Of(Network network, ModelMetadata told) => new(network.Metadata.Or(ModelMetadata.ImageNet), told);

    /// <summary>One line, without a word of what it is.</summary>
    public string Text
    {
        get
        {
            string text = $"{Size}, mean {Format.Numbers(Used.Mean!.Value)}, std {Format.Numbers(Used.StandardDeviation!.Value)}, {Stem} stem.";
            string[] assumed = [.. Assumed];
            return assumed.Length == 0 ? text : $"{text} Assumed, since neither options nor metadata tell: {string.Join(", ", assumed)}.";
        }
    }

    private string Size => $"{Used.InputSize} x {Used.InputSize}";

    private string Stem => MetadataText.Name(Used.Stem!.Value);

    private IEnumerable<string> Assumed => new (string Name, bool IsTold)[]
    {
        ("size", Told.InputSize is not null), ("mean", Told.Mean is not null), ("std", Told.StandardDeviation is not null), ("stem", Told.Stem is not null),
    }.Where(value => !value.IsTold).Select(value => value.Name);

    /// <summary>In what the inputs of two networks differ, each as <c>name FIRST against SECOND</c>.</summary>
    public static IEnumerable<string> Differences(InputDescription first, InputDescription second) =>
    [
        .. Difference("size", first.Size, second.Size),
        .. Difference("mean", Format.Numbers(first.Used.Mean!.Value), Format.Numbers(second.Used.Mean!.Value)),
        .. Difference("std", Format.Numbers(first.Used.StandardDeviation!.Value), Format.Numbers(second.Used.StandardDeviation!.Value)),
        .. Difference("stem", first.Stem, second.Stem),
    ];

    /// <summary>Writes one object.</summary>
    public void WriteJson(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject(name);
        MetadataText.WriteJson(json, Used with { Architecture = null, Labels = null });
        json.WriteStartArray("assumed");
        foreach (string assumed in Assumed)
        {
            json.WriteStringValue(assumed);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static IEnumerable<string> Difference(string name, string first, string second) =>
        first == second ? [] : [$"{name} {first} against {second}"];
}
