using System.CommandLine;
using System.Text.Json;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Input;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Cli.Reports;
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

    private readonly Option<bool> _operators = new("--operators")
    {
        Description = "Without a network: list the operators of ONNX that can be read, by version of the operator set.",
    };

    private readonly Option<bool> _cpu = new("--cpu")
    {
        Description = "Without a network: show this machine's CPU and the instruction set that is used.",
    };

    private readonly Option<string?> _html = new("--html")
    {
        Description = "Also write the network as a page whose layers fold by the beginnings of their names.",
        HelpName = "file.html",
        CustomParser = OptionParsers.FileName(".html"),
    };

    protected override void Define(Command command)
    {
        _model.AddArgumentTo(command, _operators, _cpu);
        command.Add(_operators);
        command.Add(_cpu);
        command.Add(_html);
        _model.AddOptionsTo(command);
    }

    protected override IReport Execute(Invocation invocation)
    {
        ParseResult parse = invocation.Parse;
        string? page = parse.GetValue(_html);
        bool cpu = parse.GetValue(_cpu);
        if (cpu || parse.GetValue(_operators))
        {
            return page is null
                ? cpu ? new CpuReport() : new OperatorReport()
                : throw new CommandException(
                    $"{_html.Name}: expected only together with a network; {(cpu ? _cpu : _operators).Name} has none.");
        }

        OutputFiles.Require(invocation.Context, _model.Files(parse), (_html.Name, page));
        (Network network, InputDescription input) = _model.LoadUnsized(parse);
        if (PicturesOf(_model.Path(parse), network, _model.Given(parse)) is { } pictures)
        {
            input = input with { Pictures = pictures };
        }

        GraphFacts facts = network.Graph.Infer();
        if (page is not null)
        {
            GraphPage.Save(page, Path.GetFileName(_model.Path(parse)), facts);
        }

        return new Report(_model.Path(parse), input, network.Metadata, facts);
    }

    // What 'dw detect' does with pictures for a network that is a detector; null for others.
    private static string? PicturesOf(string path, Network network, ModelMetadata given)
    {
        if (!Classifier.ReadsColours(network.Graph) || Classifier.TryCountClasses(network.Graph) is not null)
        {
            return null;
        }

        try
        {
            return DetectorInput.Of(path, network, given, new PictureSettings())?.Text;
        }
        catch (CommandException)
        {
            return "pictures as the decoder wants them, of which several fit: 'dw detect --decoder' chooses.";
        }
    }

    private sealed record Report(string Model, InputDescription Input, ModelMetadata Metadata, GraphFacts Facts) : IReport
    {
        private Graph Graph => Facts.Graph;

        private IEnumerable<(string Name, ElementType Type, Shape Shape)> Outputs =>
            Graph.Outputs.Select(output => (output.Name, Facts[output.Value].Type, Facts[output.Value].Shape));

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
            if (Classifier.TryCountClasses(Graph) is { } classes)
            {
                json.WriteNumber("classes", classes);
            }

            if (Graph.Inputs.Length > 0)
            {
                json.WriteShape("input_shape", InputShape);
            }

            WriteValues(json, "inputs", Graph.Inputs.Select(input => (input.Name, input.Type, input.DefaultShape)));
            WriteValues(json, "outputs", Outputs);
            json.WriteNumber("parameters", Graph.ParameterCount);
            json.WriteNumber("multiply_adds", Facts.TotalMultiplyAdds);
            json.WriteStartArray("layers");
            foreach (Node node in Graph.Nodes)
            {
                json.WriteStartObject();
                json.WriteString("name", node.Name);
                json.WriteString("kind", node.Layer.Kind);
                json.WriteString("details", node.Layer.Details);
                json.WriteStrings("inputs", node.Inputs.Select(value => value.Name));
                json.WriteStrings("outputs", node.Outputs.Select(value => value.Name));
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
            var layers = new TextTable("layer", "kind", "details", "reads", "output", ">parameters", ">multiply-adds")
            {
                Droppable = [3..4, 2..3, 5..6],
            };
            foreach (Node node in Graph.Nodes)
            {
                layers.AddRow(
                    node.Name,
                    node.Layer.Kind,
                    node.Layer.Details,
                    string.Join(", ", node.Inputs.Select(value => value.Name)),
                    Format.Shapes(Facts.OutputsOf(node).Select(fact => fact.Shape)),
                    NonZero(node.Layer.ParameterCount),
                    NonZero(Facts.MultiplyAdds(node)));
            }

            layers.WriteTo(console);
            var totals = new TextTable("network", "value");
            MetadataText.AddRows(totals, Metadata);
            if (Classifier.TryCountClasses(Graph) is { } classes)
            {
                totals.AddRow("classes", Format.Count(classes));
            }

            AddRows(totals, "input", Graph.Inputs.Select(input => (input.Name, input.Type, ShapeText(input))));
            AddRows(totals, "output", Outputs.Select(output => (output.Name, output.Type, output.Shape.ToString())));
            totals.AddRow("parameters", Format.Count(Graph.ParameterCount));
            string inputs = Format.Shapes(Graph.Inputs.Select(input => input.DefaultShape));
            totals.AddRow("multiply-adds", $"{Format.Count(Facts.TotalMultiplyAdds)} for {inputs}");
            totals.WriteTo(console);
        }

        private static void WriteValues(
            Utf8JsonWriter json, string name, IEnumerable<(string Name, ElementType Type, Shape Shape)> values)
        {
            json.WriteStartArray(name);
            foreach ((string value, ElementType type, Shape shape) in values)
            {
                json.WriteStartObject();
                json.WriteString("name", value);
                json.WriteString("type", Name(type));
                json.WriteShape("shape", shape);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        private static void AddRows(TextTable table, string what, IEnumerable<(string Name, ElementType Type, string Shape)> values)
        {
            foreach ((string value, ElementType type, string shape) in values)
            {
                table.AddRow(what, $"{value}: {shape} of {Name(type)}");
            }
        }

        private static string Name(ElementType type) => type.ToString().ToLowerInvariant();

        // A length that the file leaves open stands behind its name.
        private static string ShapeText(GraphInput input)
        {
            return string.Join('x', Enumerable.Range(0, input.DefaultShape.Rank).Select(LengthText));

            string LengthText(int axis) => input.NamedDimensions.FirstOrDefault(dimension => dimension.Axis == axis) is { } named
                ? $"{named.Name}={input.DefaultShape[axis]}"
                : $"{input.DefaultShape[axis]}";
        }

        private static string NonZero(long count) => count == 0 ? "" : Format.Count(count);
    }
}
