using System.Collections.Immutable;
using DwEngine.Files;
using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Onnx;
using DwEngine.PyTorch;
using DwEngine.Tensors;

namespace DwEngine.Cli.Input;

/// <summary>A network's file as it was read, before anybody knows what it leaves open.</summary>
internal abstract class WeightFile
{
    private protected WeightFile(string path) => Path = path;

    /// <summary>The usual extensions of such files, with the dot.</summary>
    public static IEnumerable<string> Extensions => [.. CheckpointFile.ReadableExtensions, OnnxFile.Extension, PyTorchModule.Extension];

    /// <summary>As the user named it.</summary>
    public string Path { get; }

    /// <summary>What the file says of the network beside its layers.</summary>
    public abstract ModelMetadata Metadata { get; }

    /// <summary>What the user should know of how the file was read, one sentence each.</summary>
    public ImmutableArray<string> Remarks { get; set; } = [];

    /// <summary>The names of what only networks of this architecture have; none if it is not known.</summary>
    public virtual IEnumerable<string> SettingNames => Metadata.Settings.Keys;

    /// <summary>Whether the file itself tells the size of its input, if only by its layers.</summary>
    public virtual bool TellsSize => Metadata.InputSize is not null;

    /// <summary>What is told to a user who sets what the layers are, where the file tells them; null where it does not.</summary>
    public string? LayersTold { get; set; }

    /// <summary>What is told to a user who chooses one of several networks, where the file holds one only; null elsewhere.</summary>
    public string? OneNetwork { get; set; }

    /// <summary>Reads a file, whose format its content tells.</summary>
    /// <param name="path">As the user named it.</param>
    /// <param name="root">Which network of several, as the user named it; null for the one that was trained.</param>
    /// <exception cref="FileFormatException">It cannot be read.</exception>
    /// <exception cref="OnnxUnsupportedException">It is an ONNX network with nodes that cannot be computed.</exception>
    public static WeightFile Load(string path, string? root)
    {
        if (PyTorchModuleFile.IsModule(path))
        {
            return PyTorchModuleFile.Open(path);
        }

        // A file whose content tells nothing is damaged; its name tells what it was to be.
        bool isNamedOnnx = string.Equals(System.IO.Path.GetExtension(path), OnnxFile.Extension, StringComparison.OrdinalIgnoreCase);
        bool isKnown = CheckpointFile.IsKnown(path);
        if (OnnxFile.IsOnnx(path) || (isNamedOnnx && !isKnown))
        {
            return new OnnxNetworkFile(path, OnnxFile.Load(path));
        }

        return isKnown ? new CheckpointWeightFile(path, CheckpointFile.Load(path, root)) : throw new FileFormatException(
            path, "byte 0", $"the file is of no known format ({string.Join(", ", [.. CheckpointFile.FormatNames, "ONNX"])})");
    }

    /// <summary>What a user should know of how a file of tensors was read.</summary>
    public static ImmutableArray<string> RemarksOf(string path, Checkpoint checkpoint)
    {
        string pronoun = checkpoint.OtherRoots.Length == 1 ? "it" : "one";
        string hint = checkpoint.OtherRoots is [var other, ..] ? $" (--root {other} takes {pronoun})" : "";
        return [.. checkpoint.Remarks.Select((remark, i) => $"{path}: {remark}{(i == 0 ? hint : "")}.")];
    }

    /// <summary>Builds the network.</summary>
    /// <param name="told">All that is told of it, by the file or by others.</param>
    /// <exception cref="WeightMismatchException">The tensors are of no known network; the message names the file.</exception>
    public abstract Network Build(ModelMetadata told);

    /// <summary>The tensors, under the names that a weight file has them.</summary>
    /// <param name="network">What <see cref="Build"/> made.</param>
    /// <exception cref="WeightMismatchException">The network is of no known architecture; the message names the file.</exception>
    public abstract StateDict TensorsOf(Network network);
}

/// <summary>A file of named tensors, whose names tell the network.</summary>
internal sealed class CheckpointWeightFile : WeightFile
{
    private readonly Checkpoint _checkpoint;

    /// <summary>A file as it was read.</summary>
    public CheckpointWeightFile(string path, Checkpoint checkpoint) : base(path)
    {
        _checkpoint = checkpoint;
        Remarks = RemarksOf(path, checkpoint);
    }

    public override ModelMetadata Metadata => _checkpoint.Metadata;

    public override IEnumerable<string> SettingNames => Architectures.SettingsOf(_checkpoint.Tensors).Select(setting => setting.Name);

    public override Network Build(ModelMetadata told) => ModelFile.Build(Path, _checkpoint with { Metadata = told });

    public override StateDict TensorsOf(Network network) => _checkpoint.Tensors;
}

/// <summary>A file that holds the layers, too.</summary>
internal sealed class OnnxNetworkFile : WeightFile
{
    private readonly OnnxNetwork _network;

    /// <summary>A file as it was read.</summary>
    public OnnxNetworkFile(string path, OnnxNetwork network) : base(path)
    {
        _network = network;
        LayersTold = OneNetwork = "an ONNX file holds one network and tells its layers itself";
    }

    // A square image of one size is what the file itself tells.
    public override ModelMetadata Metadata => _network.Graph.Inputs is [{ DefaultShape: { Rank: 4 } shape } image]
        && shape[2] == shape[3] && image.NamedDimensions.All(dimension => dimension.Axis < 2)
            ? _network.Metadata with { InputSize = shape[2] }
            : _network.Metadata;

    public override bool TellsSize => _network.Graph.Inputs.All(input => input.NamedDimensions.All(dimension => dimension.Axis < 2));

    public override Network Build(ModelMetadata told)
    {
        Graph graph = _network.Graph;
        // The layers stand in the file; there is nothing to set but what is fed.
        string colours = MegviiShuffleNetV2.ColoursSetting.Name;
        told = told with
        {
            Settings = told.Settings.TryGetValue(colours, out string? order) ? _network.Metadata.Settings.SetItem(colours, order)
                : _network.Metadata.Settings,
        };
        if (graph.Inputs is [var image] && image.DefaultShape is { Rank: 4 } shape)
        {
            if (told.InputSize is { } size)
            {
                graph = new Graph(graph.Nodes, [Sized(image, size)], graph.Outputs);
                Check(graph);
            }

            Shape used = graph.Inputs[0].DefaultShape;
            told = told with { InputSize = used[2] == used[3] ? used[2] : null };
        }

        return new Network(graph, told);
    }

    public override StateDict TensorsOf(Network network)
    {
        try
        {
            return Architectures.ToCheckpoint(network.Graph, network.Metadata).Tensors;
        }
        catch (WeightMismatchException error)
        {
            throw error.In(Path);
        }
    }

    private static GraphInput Sized(GraphInput image, int size) => image with
    {
        DefaultShape = image.DefaultShape.With(2, size).With(3, size),
        NamedDimensions =
        [
            .. image.NamedDimensions.Select(dimension => dimension.Axis is 2 or 3 ? dimension with { HasDefault = true } : dimension),
        ],
    };

    // Whether the layers fit the size shows here, where the file's name is known.
    private void Check(Graph graph)
    {
        try
        {
            graph.Infer();
        }
        catch (DwEngineException error)
        {
            throw new FileFormatException(Path, "", error.Message, error);
        }
    }
}
