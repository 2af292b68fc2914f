using System.CommandLine;
using System.Text.Json;
using DwEngine.Cli.Input;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Tensors;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary><c>dw info</c>: the layers of a network as it was loaded, before any pass.</summary>
internal sealed class InfoCommand() : CliCommand(
    "info",
    "Show a network's layers with shapes, parameters and multiply-adds.",
    "dw info model.safetensors --size 160")
{
    private readonly ModelOptions _model = new();

    protected override void Define(Command command)
    {
        _model.AddArgumentTo(command);
        _model.AddOptionsTo(command);
    }

    protected override IReport Execute(Invocation invocation)
    {
        (Network network, InputDescription input) = _model.LoadUnsized(invocation.Parse);
        return new Report(_model.Path(invocation.Parse), input, network.Metadata, network.Graph.Infer());
    }

    private sealed record Report(string Model, InputDescription Input, ModelMetadata Metadata, GraphFacts Facts) : IReport
    {
        private Graph Graph => Facts.Graph;

        private Shape InputShape => Graph.Inputs[0].DefaultShape;

        public IEnumerable<string> Notes
        {
            get
            {
                string[] open = [.. Graph.Inputs.SelectMany(input => input.NamedDimensions.Where(dimension => !dimension.HasDefault)
                    .Select(dimension => $"{dimension.Name} {input.DefaultShape[dimension.Axis]}"))];
                return open.Length == 0 ? [] : [$"{Model}: the file leaves sizes open; shown for {string.Join(", ", open.Distinct())}."];
            }
        }

        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteString("model", Model);
            MetadataText.WriteJson(json, Metadata);
            json.WriteNumber("classes", ClassCount.Of(Graph));
            json.WriteShape("input_shape", InputShape);
            json.WriteNumber("parameters", Graph.ParameterCount);
            json.WriteNumber("multiply_adds", Facts.TotalMultiplyAdds);
            json.WriteStartArray("layers");
            foreach (Node node in Graph.Nodes)
            {
                json.WriteStartObject();
                json.WriteString("name", node.Name);
                json.WriteString("kind", node.Layer.Kind);
                json.WriteString("details", node.Layer.Details);
                json.WriteStartArray("output_shapes");
                foreach (Fact fact in Facts.OutputsOf(node))
                {
                    json.WriteStringValue(fact.Shape.ToString());
                }

                json.WriteEndArray();
                json.WriteNumber("parameters", node.Layer.ParameterCount);
                json.WriteNumber("multiply_adds", Facts.MultiplyAdds(node));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        public void WriteText(IAnsiConsole console)
        {
            var layers = new TextTable("layer", "kind", "details", "output", ">parameters", ">multiply-adds") { Droppable = [2..3, 4..5] };
            foreach (Node node in Graph.Nodes)
            {
                layers.AddRow(
                    node.Name,
                    node.Layer.Kind,
                    node.Layer.Details,
                    Format.Shapes(Facts.OutputsOf(node).Select(fact => fact.Shape)),
                    NonZero(node.Layer.ParameterCount),
                    NonZero(Facts.MultiplyAdds(node)));
            }

            layers.WriteTo(console);
            var totals = new TextTable("network", "value");
            MetadataText.AddRows(totals, Metadata);
            totals.AddRow("classes", Format.Count(ClassCount.Of(Graph)));
            totals.AddRow("parameters", Format.Count(Graph.ParameterCount));
            totals.AddRow("multiply-adds", $"{Format.Count(Facts.TotalMultiplyAdds)} for {InputShape}");
            totals.WriteTo(console);
        }

        private static string NonZero(long count) => count == 0 ? "" : Format.Count(count);
    }
}
