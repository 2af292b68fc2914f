using System.CommandLine;
using DwEngine.Cli.Input;
using DwEngine.Cli.Output;
using DwEngine.Graphs.Layers;
using DwEngine.Models;
using DwEngine.Passes;
using DwEngine.Runtime;
using DwEngine.Tensors;

namespace DwEngine.Cli.Options;

/// <summary>The weight file that a command works with, and what is known of it.</summary>
internal sealed class ModelOptions
{
    private static readonly Dictionary<string, ElementType> s_weights = new()
    {
        ["fp32"] = ElementType.Float32,
        ["fp16"] = ElementType.Float16,
    };

    private readonly MetadataOptions _metadata = new();

    private readonly Argument<string> _model = new("MODEL")
    {
        Description = $"Weight file ({string.Join(", ", WeightFile.Extensions)}).",
    };

    private readonly Option<ElementType> _weights = new("--weights")
    {
        Description = "How the weights of large fully connected layers are stored: fp16 takes half the memory and rounds each to 11 bits. "
            + "Default: fp32.",
        HelpName = "fp32|fp16",
        CustomParser = OptionParsers.Word(s_weights),
    };

    /// <summary>Adds the file's argument to a command.</summary>
    public void AddArgumentTo(Command command) => command.Add(_model);

    /// <summary>Adds the file's argument to a command that can do without it if one of <paramref name="instead"/> is given.</summary>
    public void AddArgumentTo(Command command, params Option<bool>[] instead)
    {
        _model.Arity = ArgumentArity.ZeroOrOne;
        command.Add(_model);
        command.Validators.Add(result =>
        {
            string[] given =
            [
                .. result.GetResult(_model) is { Tokens.Count: > 0 } ? [_model.Name] : Array.Empty<string>(),
                .. instead.Where(result.GetValue).Select(option => option.Name),
            ];
            if (given.Length != 1)
            {
                string wanted = string.Join(", ", instead.SkipLast(1).Select(option => option.Name).Prepend(_model.Name));
                string found = given.Length == 0 ? "found none of them" : $"not several: {string.Join(", ", given)}";
                result.AddError($"Expected {wanted} or {instead[^1].Name}, {found}.");
            }
        });
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddOptionsTo(Command command) => _metadata.AddTo(command);

    /// <summary>Adds how weights are stored to a command that runs the network by <see cref="Prepare"/>.</summary>
    public void AddWeightsTo(Command command) => command.Add(_weights);

    /// <summary>The file's path.</summary>
    public string Path(ParseResult parse) => parse.GetRequiredValue(_model);

    /// <summary>What each of the files that are read is given as, and its name.</summary>
    public (string Purpose, string? Path)[] Files(ParseResult parse) =>
        [(_model.Name, Path(parse)), NetworkOutput.FileBeside(_model.Name, Path(parse)), _metadata.LabelsFile(parse)];

    /// <summary>The file of labels that the user gave, or null.</summary>
    public string? LabelsFile(ParseResult parse) => _metadata.LabelsFile(parse).Path;

    /// <summary>What the user gave of the network's metadata.</summary>
    /// <exception cref="DwEngineException">The file of labels cannot be used.</exception>
    public ModelMetadata Given(ParseResult parse) => _metadata.Read(parse);

    /// <summary>Loads the model.</summary>
    /// <returns>The model, and what it gets as its input.</returns>
    /// <exception cref="DwEngineException">The file, its tensors or its labels do not fit.</exception>
    public (NetworkModel Model, InputDescription Input) Load(ParseResult parse)
    {
        (Network network, InputDescription input) = LoadNetwork(parse);
        return (Prepare(parse, network), input);
    }

    /// <summary>Prepares the network to run.</summary>
    /// <exception cref="DwEngineException">The network does not fit, or has no weights that could be stored as the user wants.</exception>
    public NetworkModel Prepare(ParseResult parse, Network network)
    {
        ElementType type = parse.GetValue(_weights);
        var model = new NetworkModel(network.Graph, network.Metadata, new ModelMemoryOptions { LargeWeights = type });
        return type == ElementType.Float32 || model.Optimized.Nodes.Any(node => node.Layer is FullyConnected { HasHalfWeights: true })
            ? model
            : throw new CommandException(
                $"{Path(parse)}: expected a fully connected layer of at least {StoreLargeWeightsInHalf.FewestWeights} finite weights "
                + $"for {_weights.Name} fp16, found none; leave the option out.");
    }

    /// <summary>Loads the network without preparing it to run.</summary>
    /// <returns>The network, and what it gets as its input.</returns>
    /// <exception cref="DwEngineException">The file, its tensors or its labels do not fit.</exception>
    public (Network Network, InputDescription Input) LoadNetwork(ParseResult parse)
    {
        (Network network, InputDescription input) = LoadUnsized(parse);
        OpenSizes.Require(network.Graph.Inputs, [], "--size names");
        return (network, input);
    }

    /// <summary>The same of a network whose file may leave the sizes of its inputs open.</summary>
    /// <inheritdoc cref="LoadNetwork"/>
    public (Network Network, InputDescription Input) LoadUnsized(ParseResult parse) =>
        _metadata.Load(parse, _metadata.Open(parse, Path(parse)));

    /// <summary>Loads a network whose outputs are no logits of classes.</summary>
    /// <returns>The network, what the user gave, and how the file was read.</returns>
    /// <exception cref="DwEngineException">The file or its tensors do not fit.</exception>
    public (Network Network, ModelMetadata Given, IReadOnlyList<string> Remarks) LoadDetector(ParseResult parse)
    {
        WeightFile file = _metadata.Open(parse, Path(parse));
        (Network network, ModelMetadata given) = _metadata.Build(parse, file);
        return (network, given, file.Remarks);
    }
}
