using System.CommandLine;
using DwEngine.Cli.Input;
using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Runtime;

namespace DwEngine.Cli.Options;

/// <summary>The weight file that a command works with, and what is known of it.</summary>
internal sealed class ModelOptions
{
    private readonly MetadataOptions _metadata = new();

    private readonly Argument<string> _model = new("MODEL")
    {
        Description = $"Weight file ({string.Join(", ", CheckpointFile.ReadableExtensions)}).",
    };

    /// <summary>Adds the file's argument to a command.</summary>
    public void AddArgumentTo(Command command) => command.Add(_model);

    /// <summary>Adds the options to a command.</summary>
    public void AddOptionsTo(Command command) => _metadata.AddTo(command);

    /// <summary>The file's path.</summary>
    public string Path(ParseResult parse) => parse.GetRequiredValue(_model);

    /// <summary>Loads the model.</summary>
    /// <exception cref="DwEngineException">The file, its tensors or its labels do not fit.</exception>
    public Model Load(ParseResult parse)
    {
        Model model = ModelFile.Load(Path(parse), _metadata.Read(parse));
        _metadata.RequireLabels(parse, Path(parse), model.Metadata, ClassCount(model.Graph));
        return model;
    }

    /// <summary>Loads the network without preparing it to run.</summary>
    /// <returns>The network, and what of its metadata options and file tell.</returns>
    /// <exception cref="DwEngineException">The file, its tensors or its labels do not fit.</exception>
    public (Network Network, ModelMetadata Told) LoadNetwork(ParseResult parse)
    {
        ModelMetadata given = _metadata.Read(parse);
        var file = WeightFile.Load(Path(parse));
        ModelMetadata told = given.Or(file.Checkpoint.Metadata);
        Network network = file.Build(told);
        _metadata.RequireLabels(parse, Path(parse), network.Metadata, ClassCount(network.Graph));
        return (network, told);
    }

    /// <summary>The number of classes that a classifier tells apart: the last dimension of its output.</summary>
    public static int ClassCount(Graph graph) => graph.InferShapes()[graph.Outputs[0].Value].Dimensions[^1];
}
