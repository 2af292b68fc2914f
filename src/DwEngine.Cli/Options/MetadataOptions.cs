using System.Collections.Immutable;
using System.CommandLine;
using System.Text;
using DwEngine.Cli.Input;
using DwEngine.Cli.Output;
using DwEngine.Files;
using DwEngine.Models;
using DwEngine.PyTorch;
using DwEngine.Vision;

namespace DwEngine.Cli.Options;

/// <summary>What weight files without metadata don't tell. What is given here has precedence over the file's own metadata.</summary>
internal sealed class MetadataOptions
{
    // ASCII labels of 100 characters; whatever is longer is no list of labels.
    private const int MaxLabels = 1_000_000, MaxLabelBytes = 100 * MaxLabels;

    private static readonly ImmutableSortedDictionary<string, string> s_none = new ModelMetadata().Settings;

    private readonly Option<string?> _stem = new($"--{ShuffleNetV2.StemSetting.Name}")
    {
        Description = "First layers: imagenet (stride 2, max pool) or cifar (stride 1, none). Default: the file's metadata, else imagenet.",
        HelpName = string.Join("|", ShuffleNetV2.StemSetting.Values),
        CustomParser = OptionParsers.Word(ShuffleNetV2.StemSetting.Values.ToDictionary(value => value, string? (value) => value)),
    };

    private readonly Option<int> _size = new("--size")
    {
        Description = "Height and width of the input in pixels. Default: the file's metadata, else 224 (32 for a cifar stem).",
        HelpName = "pixels",
        CustomParser = OptionParsers.Integer(1, Preprocessing.MaxSize),
    };

    private readonly Option<ImmutableArray<float>?> _mean = new("--mean")
    {
        Description = "Mean of red, green and blue on the scale 0 to 1. Default: the file's metadata, else ImageNet's.",
        HelpName = "r,g,b",
        CustomParser = OptionParsers.Colours(mustBePositive: false),
    };

    private readonly Option<ImmutableArray<float>?> _deviation = new("--std")
    {
        Description = "Standard deviation of red, green and blue on the scale 0 to 1. Default: the file's metadata, else ImageNet's.",
        HelpName = "r,g,b",
        CustomParser = OptionParsers.Colours(mustBePositive: true),
    };

    private readonly Option<string?> _labels = new("--labels")
    {
        Description = "Text file with one class name on each line, in the order of the network's outputs.",
        HelpName = "file",
    };

    private readonly Option<string?> _root = new("--root")
    {
        Description = "Which network, of a file that holds several: what its tensors stand under, such as model_ema. "
            + "Default: the one that was trained.",
        HelpName = "name",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_stem);
        command.Add(_size);
        command.Add(_mean);
        command.Add(_deviation);
        command.Add(_labels);
        command.Add(_root);
    }

    /// <summary>Reads a weight file, of several networks the one that the user wants.</summary>
    /// <exception cref="FileFormatException">It cannot be read, or holds no such network.</exception>
    public WeightFile Open(ParseResult parse, string path) => WeightFile.Load(path, parse.GetValue(_root));

    /// <summary>Reads a network with weights that were trained further.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="path">The network.</param>
    /// <param name="weights">The weights, under the names that the network's PyTorch module has them.</param>
    /// <exception cref="DwEngineException">A file cannot be read, or the weights do not fit.</exception>
    public WeightFile OpenWith(ParseResult parse, string path, string weights)
    {
        if (PyTorchModuleFile.IsModule(path))
        {
            return PyTorchModuleFile.Open(path, weights, parse.GetValue(_root));
        }

        // Which of several networks is asked of the weights where the network's own file holds but one.
        WeightFile file = Open(parse, path);
        string? root = file.OneNetwork is null ? null : parse.GetValue(_root);
        file.OneNetwork = null;
        (Network network, _) = Build(parse, file);
        try
        {
            return PyTorchModuleFile.Fill(path, PyTorchModule.Of(network.Graph, network.Metadata), weights, root);
        }
        catch (PyTorchExportException error)
        {
            throw new CommandException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>What the file of labels is given as, and its name, or null.</summary>
    public (string Purpose, string? Path) LabelsFile(ParseResult parse) => (_labels.Name, parse.GetValue(_labels));

    /// <summary>What the user gave; null members for the rest.</summary>
    /// <exception cref="FileFormatException">The file of labels cannot be used.</exception>
    public ModelMetadata Read(ParseResult parse) => new()
    {
        Settings = parse.GetValue(_stem) is { } stem ? s_none.Add(ShuffleNetV2.StemSetting.Name, stem) : s_none,
        InputSize = parse.GetValue(_size) is > 0 and var size ? size : null,
        Mean = parse.GetValue(_mean),
        StandardDeviation = parse.GetValue(_deviation),
        Labels = parse.GetValue(_labels) is { } file ? ReadLabels(file) : null,
    };

    /// <summary>Builds the network of a weight file with what the user gave.</summary>
    /// <returns>The network, and what it gets as its input.</returns>
    /// <exception cref="DwEngineException">The tensors or the labels do not fit.</exception>
    public (Network Network, InputDescription Input) Load(ParseResult parse, WeightFile file)
    {
        (Network network, ModelMetadata given) = Build(parse, file);
        if (Classifier.TryCountClasses(network.Graph) is { } classes)
        {
            RequireLabels(parse, file.Path, network.Metadata, classes);
        }

        InputDescription input = InputDescription.Of(network.Metadata, InputSource.Options(given), InputSource.File(file.Metadata));
        string? tensors = Classifier.TakesPictures(network.Graph) ? null : Classifier.InputsText(network.Graph);
        return (network, input with { Remarks = file.Remarks, Tensors = tensors });
    }

    /// <summary>Builds the network of a weight file with what the user gave, whatever its outputs mean.</summary>
    /// <returns>The network, and what the user gave.</returns>
    /// <exception cref="DwEngineException">The tensors do not fit.</exception>
    public (Network Network, ModelMetadata Given) Build(ParseResult parse, WeightFile file)
    {
        RequireUnset(parse, file.Path, _stem, file.LayersTold);
        RequireUnset(parse, file.Path, _root, file.OneNetwork);
        ModelMetadata given = Read(parse);
        return (file.Build(given.Or(file.Metadata)), given);
    }

    /// <summary>Requires of options that tell what a file leaves open that one of two files does.</summary>
    /// <exception cref="CommandException">An option changes nothing of either.</exception>
    public void RequireEffect(ParseResult parse, WeightFile first, WeightFile second)
    {
        RequireUnset(parse, first.Path, _stem, second.LayersTold is null ? null : first.LayersTold);
        RequireUnset(parse, first.Path, _root, second.OneNetwork is null ? null : first.OneNetwork);
    }

    /// <summary>Holds the number of labels, where there are any, against the number of outputs.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="model">The weight file.</param>
    /// <param name="known">What is known of the network.</param>
    /// <param name="outputs">How many outputs it has.</param>
    /// <exception cref="CommandException">They differ; the message names the file that the labels come from.</exception>
    public void RequireLabels(ParseResult parse, string model, ModelMetadata known, int outputs)
    {
        if (known.Labels is { } labels && labels.Length != outputs)
        {
            string source = parse.GetValue(_labels) is { } file ? $"{file}: expected" : $"{model}: metadata: expected";
            throw new CommandException(
                $"{source} {outputs} class labels, one for each of the network's {Words.Count(outputs, "output")}; "
                + $"found {labels.Length} class labels.");
        }
    }

    internal static ImmutableArray<string> ReadLabels(string file) => InputFile.Read(file, stream => ReadLabels(file, stream));

    private static void RequireUnset(ParseResult parse, string file, Option option, string? reason)
    {
        if (reason is not null && parse.GetResult(option) is { Implicit: false })
        {
            throw new CommandException($"{file}: {option.Name}: {reason}.");
        }
    }

    private static ImmutableArray<string> ReadLabels(string file, FileStream stream)
    {
        if (stream.Length > MaxLabelBytes)
        {
            throw new FileFormatException(
                file, "file size", $"{Words.Count(stream.Length, "byte")}; at most {MaxLabelBytes} were expected");
        }

        // No more than it had when it was opened: it may grow, and the system's own files have no end.
        byte[] bytes = new byte[stream.Length];
        int count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        using var reader = new StreamReader(new MemoryStream(bytes, 0, count), Encoding.UTF8);
        ImmutableArray<string>.Builder labels = ImmutableArray.CreateBuilder<string>();
        int line = 1, firstEmpty = 0;
        for (; reader.ReadLine() is { } text; line++)
        {
            string label = text.Trim();
            if (label.Length == 0)
            {
                firstEmpty = firstEmpty == 0 ? line : firstEmpty;
            }
            else if (firstEmpty != 0)
            {
                throw new FileFormatException(file, $"line {firstEmpty}", "is empty; one class name on each line was expected");
            }
            else if (labels.Count == MaxLabels)
            {
                throw new FileFormatException(file, $"line {line}", $"is one too many; at most {MaxLabels} class names were expected");
            }
            else
            {
                labels.Add(label);
            }
        }

        return labels.DrainToImmutable();
    }
}
