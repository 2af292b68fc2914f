using System.Globalization;
using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Onnx.Operators;
using Spectre.Console;

namespace DwEngine.Cli.Reports;

/// <summary>The operators of ONNX that can be read, and the versions of the operator set for which each can.</summary>
internal sealed class OperatorReport : IReport
{
    private readonly (string Name, (int First, int Last)[] Opsets)[] _operators =
    [
        .. OperatorRegistry.All.GroupBy(entry => entry.Name, StringComparer.Ordinal).Select(group => (group.Key, Ranges(
            group.Select(entry => (entry.Since, entry.Until ?? OperatorRegistry.NewestOpset))))),
    ];

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteNumber("newest_opset", OperatorRegistry.NewestOpset);
        json.WriteStartArray("operators");
        foreach ((string name, (int First, int Last)[] opsets) in _operators)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteStartArray("opsets");
            foreach ((int first, int last) in opsets)
            {
                json.WriteStartArray();
                json.WriteNumberValue(first);
                json.WriteNumberValue(last);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public void WriteText(IAnsiConsole console)
    {
        var table = new TextTable("operator", "opset");
        foreach ((string name, (int First, int Last)[] opsets) in _operators)
        {
            table.AddRow(name, string.Join(", ", opsets.Select(range => string.Create(
                CultureInfo.InvariantCulture, $"{range.First} to {range.Last}"))));
        }

        table.WriteTo(console);
    }

    // Ranges that touch are one.
    private static (int First, int Last)[] Ranges(IEnumerable<(int First, int Last)> given)
    {
        var ranges = new List<(int First, int Last)>();
        foreach ((int first, int last) in given.Order())
        {
            if (ranges.Count > 0 && first <= ranges[^1].Last + 1)
            {
                ranges[^1] = (ranges[^1].First, Math.Max(ranges[^1].Last, last));
            }
            else
            {
                ranges.Add((first, last));
            }
        }

        return [.. ranges];
    }
}
