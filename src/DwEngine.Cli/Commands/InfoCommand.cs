using System.CommandLine;
using System.Text.Json;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Runtime;
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
        (Model model, InputDescription input) = _model.Load(invocation.Parse);
        return new Report(_model.Path(invocation.Parse), input, model.Metadata, model.Graph.InferShapes());
    }

    private sealed record Report(string Model, InputDescription Input, ModelMetadata Metadata, GraphShapes Shapes) : IReport
    {
        private Graph Graph => Shapes.Graph;

        private Shape InputShape => Graph.Inputs[0].DefaultShape;

        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteString("model", Model);
            MetadataText.WriteJson(json, Metadata);
            json.WriteNumber("classes", ModelOptions.ClassCount(Graph));
            json.WriteShape("input_shape", InputShape);
            json.WriteNumber("parameters", Graph.ParameterCount);
            json.WriteNumber("multiply_adds", Shapes.TotalMultiplyAdds);
            json.WriteStartArray("layers");
            foreach (Node node in Graph.Nodes)
            {
                json.WriteStartObject();
                json.WriteString("name", node.Name);
                json.WriteString("kind", node.Layer.Kind);
                json.WriteString("details", LayerText.Describe(node.Layer));
                json.WriteStartArray("output_shapes");
                foreach (Shape shape in Shapes.OutputsOf(node))
                {
                    json.WriteStringValue(shape.ToString());
                }

                json.WriteEndArray();
                json.WriteNumber("parameters", node.Layer.ParameterCount);
                json.WriteNumber("multiply_adds", Shapes.MultiplyAdds(node));
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
                    LayerText.Describe(node.Layer),
                    Format.Shapes(Shapes.OutputsOf(node)),
                    NonZero(node.Layer.ParameterCount),
                    NonZero(Shapes.MultiplyAdds(node)));
            }

            layers.WriteTo(console);
            var totals = new TextTable("network", "value");
            MetadataText.AddRows(totals, Metadata);
            totals.AddRow("classes", Format.Count(ModelOptions.ClassCount(Graph)));
            totals.AddRow("parameters", Format.Count(Graph.ParameterCount));
            totals.AddRow("multiply-adds", $"{Format.Count(Shapes.TotalMultiplyAdds)} for {InputShape}");
            totals.WriteTo(console);
        }

        private static string NonZero(long count) => count == 0 ? "" : Format.Count(count);
    }
}
