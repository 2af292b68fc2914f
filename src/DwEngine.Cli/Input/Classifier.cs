using DwEngine.Cli.Output;
using DwEngine.Graphs;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Vision;

namespace DwEngine.Cli.Input;

/// <summary>What a network must be for pictures to be classified with it.</summary>
internal static class Classifier
{
    private const string Others = "'dw forward' runs networks of any inputs and outputs.";

    /// <summary>Whether the network's one input is a square picture of three colours, one at a time.</summary>
    public static bool TakesPictures(Graph graph) => InputProblem(graph) is null;

    /// <summary>Whether the network's one input is a picture of three colours, one at a time, of any sides.</summary>
    public static bool ReadsColours(Graph graph) =>
        graph.Inputs is [{ Type: ElementType.Float32, DefaultShape: { Rank: 4 } shape }] && shape[0] == 1 && shape[1] == RgbImage.Channels;

    /// <summary>How many classes the network tells apart; null if its outputs are not one number for each class.</summary>
    public static int? TryCountClasses(Graph graph) =>
        OutputProblem(graph) is null ? (int)ShapeOf(graph, graph.Outputs[0]).ElementCount : null;

    /// <summary>The same of a network that was found to be a classifier.</summary>
    public static int CountClasses(Graph graph) => TryCountClasses(graph)
        ?? throw new InvalidOperationException("The network is no classifier.");

    /// <summary>Requires that pictures can be made inputs of a network.</summary>
    /// <param name="path">The network's file, for the message.</param>
    /// <param name="graph">The network.</param>
    /// <exception cref="CommandException">They cannot.</exception>
    public static void RequirePictures(string path, Graph graph)
    {
        if (InputProblem(graph) is { } problem)
        {
            throw new CommandException($"{path}: {problem}; one picture, 1x3xSxS of float32, was expected. {Others}");
        }
    }

    /// <summary>Requires that a network classifies pictures.</summary>
    /// <inheritdoc cref="RequirePictures"/>
    public static void Require(string path, Graph graph)
    {
        RequirePictures(path, graph);
        if (OutputProblem(graph) is { } problem)
        {
            throw new CommandException(
                $"{path}: {problem}; one number for each class was expected. 'dw detect' runs detectors, {Others}");
        }
    }

    /// <summary>The inputs with their types and shapes, for people.</summary>
    public static string InputsText(Graph graph) =>
        Format.Inputs(graph.Inputs.Select(input => new SessionValue(input.Name, input.Type, input.DefaultShape)));

    private static string? InputProblem(Graph graph) =>
        ReadsColours(graph) && graph.Inputs[0].DefaultShape[2] == graph.Inputs[0].DefaultShape[3]
            ? null
            : $"the network reads {InputsText(graph)}";

    // A list of classes may keep the height and width of 1 that global pooling leaves.
    private static string? OutputProblem(Graph graph)
    {
        GraphFacts facts = graph.Infer();
        return graph.Outputs is [var only] && facts[only.Value] is { Type: ElementType.Float32, Shape: var shape }
            && shape.ElementCount == shape.Dimensions.ToArray().Max()
            ? null
            : $"the network answers {string.Join(", ", graph.Outputs.Select(output => $"'{output.Name}' {facts[output.Value].Shape}"))}";
    }

    private static Shape ShapeOf(Graph graph, GraphOutput output) => graph.Infer()[output.Value].Shape;
}
