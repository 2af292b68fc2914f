using System.Globalization;
using System.Net;
using System.Text;
using DwEngine.Cli.Output;
using DwEngine.Files;
using DwEngine.Graphs;

namespace DwEngine.Cli.Reports;

/// <summary>A network as one HTML file that needs no other: its layers in order, which fold where their names begin alike.</summary>
internal sealed class GraphPage
{
    private const string Style = """
        body { font: 14px/1.4 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
        body { max-width: 1100px; margin: 2em auto; padding: 0 1em; }
        h1 { font-size: 1.4em; } h1, p, summary, .layer { overflow-wrap: anywhere; }
        details, .layer { border-left: 2px solid var(--grid); margin: 3px 0 3px 4px; padding: 2px 0 2px 12px; }
        summary { cursor: pointer; font-weight: 600; } summary span { font-weight: 400; color: var(--first); }
        .layer:target { border-color: var(--second); } .layer span { color: var(--first); } a { color: var(--second); }
        .work { height: 4px; background: var(--second); }
        """;

    private readonly StringBuilder _html = new();
    private readonly GraphFacts _facts;
    private readonly Dictionary<Node, int> _places;
    private readonly double _mostWork;

    private GraphPage(GraphFacts facts)
    {
        _facts = facts;
        _places = facts.Graph.Nodes.Select((node, place) => (node, place)).ToDictionary(pair => pair.node, pair => pair.place);
        _mostWork = Math.Max(1, facts.Graph.Nodes.Select(facts.MultiplyAdds).DefaultIfEmpty().Max());
    }

    /// <summary>Writes the page; the file appears complete or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="title">What the network is called.</param>
    /// <param name="facts">The network and its shapes.</param>
    /// <exception cref="CommandException">The file cannot be written.</exception>
    public static void Save(string path, string title, GraphFacts facts)
    {
        byte[] page = Encoding.UTF8.GetBytes(Write(title, facts));
        try
        {
            AtomicFile.Write(path, stream => stream.Write(page));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path}: cannot be written: {error.Message}", error);
        }
    }

    /// <summary>The page.</summary>
    internal static string Write(string title, GraphFacts facts)
    {
        var page = new GraphPage(facts);
        Graph graph = facts.Graph;
        page._html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append(
                $"<title>{Escape(title)}</title>\n<style>\n{Palette.Style}\n{Style}\n</style>\n</head>\n<body>\n<h1>{Escape(title)}</h1>\n")
            .Append($"<p>{Words.Count(graph.Nodes.Length, "layer")}, {Format.Count(graph.ParameterCount)} parameters, ")
            .Append($"{Format.Count(facts.TotalMultiplyAdds)} multiply-adds. Bars show each layer's share of the most that one has.</p>\n")
            .Append($"<p>Inputs: {Escape(Named(graph.Inputs.Select(input => (input.Name, input.Value))))}. ")
            .Append($"Outputs: {Escape(Named(graph.Outputs.Select(output => (output.Name, output.Value))))}.</p>\n");
        page.WriteNodes([.. graph.Nodes], 0);
        page._html.Append("</body>\n</html>\n");
        return page._html.ToString();

        string Named(IEnumerable<(string Name, Value Value)> values) =>
            string.Join(", ", values.Select(value => $"{value.Name} {facts[value.Value].Shape}"));
    }

    /// <summary>The parts of a name: those of a path where it is one, else those between dots.</summary>
    internal static string[] PartsOf(string name) =>
        name.Split(name.Contains('/', StringComparison.Ordinal) ? '/' : '.', StringSplitOptions.RemoveEmptyEntries);

    // Layers that stand together and whose names go on alike become one that unfolds.
    private void WriteNodes(Node[] nodes, int depth)
    {
        for (int first = 0; first < nodes.Length;)
        {
            string? prefix = Prefix(nodes[first]);
            int end = first + 1;
            while (prefix is not null && end < nodes.Length && Prefix(nodes[end]) == prefix)
            {
                end++;
            }

            if (end - first == 1)
            {
                WriteNode(nodes[first]);
            }
            else
            {
                Node[] group = nodes[first..end];
                _html.Append($"<details><summary>{Escape(prefix!)} <span>{Words.Count(group.Length, "layer")}, ")
                    .Append($"{Format.Count(group.Sum(node => node.Layer.ParameterCount))} parameters, ")
                    .Append($"{Format.Count(group.Sum(_facts.MultiplyAdds))} multiply-adds</span></summary>\n");
                WriteNodes(group, depth + 1);
                _html.Append("</details>\n");
            }

            first = end;
        }

        string? Prefix(Node node) => PartsOf(node.Name) is var parts && parts.Length > depth + 1 ? parts[depth] : null;
    }

    private void WriteNode(Node node)
    {
        _html.Append(CultureInfo.InvariantCulture, $"<div class=\"layer\" id=\"n{_places[node]}\"><b>{Escape(node.Name)}</b> ")
            .Append($"{Escape(node.Layer.Kind)} {Escape(node.Layer.Details)} <span>reads</span> ")
            .AppendJoin(", ", node.Inputs.Select(Source))
            .Append($" <span>makes</span> {Escape(Format.Shapes(_facts.OutputsOf(node).Select(fact => fact.Shape)))}");
        if (node.Layer.ParameterCount > 0)
        {
            _html.Append($" <span>{Format.Count(node.Layer.ParameterCount)} parameters</span>");
        }

        if (_facts.MultiplyAdds(node) is > 0 and var work)
        {
            _html.Append($" <span>{Format.Count(work)} multiply-adds</span>")
                .Append(CultureInfo.InvariantCulture, $"<div class=\"work\" style=\"width:{100 * work / _mostWork:F1}%\"></div>");
        }

        _html.Append("</div>\n");
    }

    private string Source(Value value) => _facts.Graph.ProducerOf(value) is { } producer
        ? string.Create(CultureInfo.InvariantCulture, $"<a href=\"#n{_places[producer]}\">{Escape(producer.Name)}</a>")
        : Escape(value.Name);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
