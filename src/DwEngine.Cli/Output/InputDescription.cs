using System.Collections.Immutable;
using System.Text.Json;
using DwEngine.Models;
using DwEngine.Runtime;

namespace DwEngine.Cli.Output;

/// <summary>What tells something of a network's input.</summary>
/// <param name="Name">For machines.</param>
/// <param name="Text">For people, as the beginning of a list of what it tells.</param>
/// <param name="Tells">What it tells; null members for what it does not.</param>
internal sealed record InputSource(string Name, string Text, ModelMetadata Tells)
{
    /// <summary>Options of the command line.</summary>
    public static InputSource Options(ModelMetadata tells) => new("option", "From options", tells);

    /// <summary>The network's own file.</summary>
    public static InputSource File(ModelMetadata tells) => new("file", "From the file", tells);

    /// <summary>The file of the network that it is compared with.</summary>
    public static InputSource OtherFile(ModelMetadata tells) => new("other file", "From the other file", tells);
}

/// <summary>What a network gets as its input, and who told it.</summary>
internal sealed record InputDescription
{
    private const string Assumed = "assumed";

    private readonly ImmutableArray<InputSource> _sources;

    private InputDescription(ModelMetadata used, ImmutableArray<InputSource> sources) => (Used, _sources) = (used, sources);

    /// <summary>All values.</summary>
    public ModelMetadata Used { get; }

    /// <summary>Describes the input of a network.</summary>
    /// <param name="metadata">What is known of the network; the rest are torchvision's ImageNet values.</param>
    /// <param name="sources">Who tells it, by precedence.</param>
    public static InputDescription Of(ModelMetadata metadata, params ImmutableArray<InputSource> sources) =>
        new(metadata.Or(ModelMetadata.ImageNet), sources);

    /// <summary>The inputs of a network that reads no pictures; null for one that does.</summary>
    public string? Tensors { get; init; }

    /// <summary>What pictures become for a network that is no classifier, and who told it; null for others.</summary>
    public string? Pictures { get; init; }

    /// <summary>Whether the command takes tensors as they are, so that no picture is prepared for it.</summary>
    public bool IsUnprepared { get; init; }

    /// <summary>The same for a command that takes tensors as they are, with the shapes that a run got.</summary>
    public InputDescription OfTensors(ImmutableArray<SessionValue> inputs)
    {
        bool areKnown = Tensors is null && inputs is [{ Shape: { Rank: 4 } shape }] && shape[2] == Used.InputSize && shape[3] == shape[2];
        return this with { IsUnprepared = true, Tensors = areKnown ? null : Format.Inputs(inputs) };
    }

    /// <summary>One line, without a word of what it is.</summary>
    public string Text
    {
        get
        {
            if (Pictures is not null)
            {
                return Pictures;
            }

            if (Tensors is not null)
            {
                return $"{Tensors}.";
            }

            ILookup<string, string> told = Origins.ToLookup(value => value.Origin, value => value.Name);
            return string.Join(' ', [
                $"{Size}{Colours}{Settings}.",
                .. _sources.Where(source => told.Contains(source.Name))
                    .Select(source => $"{source.Text}: {string.Join(", ", told[source.Name])}."),
                .. told.Contains(Assumed)
                    ? [$"Assumed, since neither options nor metadata tell: {string.Join(", ", told[Assumed])}."]
                    : Array.Empty<string>(),
            ]);
        }
    }

    /// <summary>What was chosen where the weight file left a choice, one sentence each.</summary>
    public ImmutableArray<string> Remarks { get; init; } = [];

    /// <summary>What the user should look at: what was chosen, and what looks like a mistake in the values.</summary>
    public IEnumerable<string> Questions =>
    [
        .. Remarks,
        .. IsUnprepared ? IdleOptions : Tensors is null && Pictures is null ? ColourQuestions : [],
    ];

    private IEnumerable<string> ColourQuestions =>
    [
        .. Question("mean", Used.Mean!.Value, value => value is < 0 or > 1),
        .. Question("std", Used.StandardDeviation!.Value, value => value > 1),
    ];

    // Options that say how pictures are prepared, where none is.
    private IEnumerable<string> IdleOptions =>
        _sources.Any(source => source.Name == InputSource.Options(source.Tells).Name
            && (source.Tells.Mean is not null || source.Tells.StandardDeviation is not null))
            ? ["--mean and --std change nothing here: the command takes numbers as they are."]
            : [];

    private string Colours => IsUnprepared ? ""
        : $", mean {Format.Numbers(Used.Mean!.Value)}, std {Format.Numbers(Used.StandardDeviation!.Value)}";

    private string Size => $"{Used.InputSize} x {Used.InputSize}";

    // What the architecture leaves open, such as ", cifar stem".
    private string Settings => string.Concat(Used.Settings.Select(setting => $", {setting.Value} {setting.Key}"));

    private IEnumerable<(string Name, string Origin)> Origins =>
    [
        ("size", OriginOf(metadata => metadata.InputSize is not null)),
        .. IsUnprepared ? Array.Empty<(string, string)>() :
        [
            ("mean", OriginOf(metadata => metadata.Mean is not null)),
            ("std", OriginOf(metadata => metadata.StandardDeviation is not null)),
        ],
        .. Used.Settings.Keys.Select(name => (name, OriginOf(metadata => metadata.Settings.ContainsKey(name)))),
    ];

    /// <summary>In what the inputs of two networks differ, each as <c>name FIRST against SECOND</c>.</summary>
    public static IEnumerable<string> Differences(InputDescription first, InputDescription second) =>
    [
        .. Difference("size", first.Size, second.Size),
        .. Difference("mean", Format.Numbers(first.Used.Mean!.Value), Format.Numbers(second.Used.Mean!.Value)),
        .. Difference("std", Format.Numbers(first.Used.StandardDeviation!.Value), Format.Numbers(second.Used.StandardDeviation!.Value)),
        .. first.Used.Settings.Keys.Union(second.Used.Settings.Keys).Order(StringComparer.Ordinal)
            .SelectMany(name => Difference(name, first.Setting(name), second.Setting(name))),
    ];

    /// <summary>Writes one object.</summary>
    public void WriteJson(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject(name);
        if (Pictures is not null)
        {
            json.WriteString("pictures", Pictures);
            json.WriteEndObject();
            return;
        }

        if (Tensors is not null)
        {
            json.WriteString("tensors", Tensors);
            json.WriteEndObject();
            return;
        }

        ModelMetadata used = Used with { Architecture = null, Labels = null };
        MetadataText.WriteJson(json, IsUnprepared ? used with { Mean = null, StandardDeviation = null } : used);
        json.WriteStartObject("origin");
        foreach ((string value, string origin) in Origins)
        {
            json.WriteString(value, origin);
        }

        json.WriteEndObject();
        json.WriteStrings("assumed", Origins.Where(value => value.Origin == Assumed).Select(value => value.Name));
        json.WriteEndObject();
    }

    private string Setting(string name) => Used.Settings.GetValueOrDefault(name, "none");

    private static IEnumerable<string> Difference(string name, string first, string second) =>
        first == second ? [] : [$"{name} {first} against {second}"];

    private IEnumerable<string> Question(string name, ImmutableArray<float> values, Func<float, bool> isOdd)
    {
        if (!values.Any(isOdd))
        {
            return [];
        }

        // Of values on the scale 0 to 255, at least one is above 2 for every data set.
        string hint = values.Any(value => value > 2)
            ? $" On the scale 0 to 255? Then {name} is {Format.Numbers(values.Select(value => MathF.Round(value / 255, 4)))} here."
            : "";
        string origin = Origins.Single(value => value.Name == name).Origin;
        return [$"{name} {Format.Numbers(values)} ({origin}) is not of colours on the scale 0 to 1.{hint}"];
    }

    private string OriginOf(Func<ModelMetadata, bool> tells) => _sources.FirstOrDefault(source => tells(source.Tells))?.Name ?? Assumed;
}
