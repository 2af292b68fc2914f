using System.Collections.Immutable;
using System.Text;
using DwEngine.Files;
using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Onnx;
using DwEngine.Passes;
using DwEngine.PyTorch.Writing;
using DwEngine.Tensors;

namespace DwEngine.PyTorch;

/// <summary>
/// A network as a PyTorch module: a Python file that needs torch alone, and its weights beside it. Weights that were trained there come
/// back into the network that it was written from.
/// </summary>
public sealed class PyTorchModule
{
    /// <summary>The extension of the file with the module, with the dot.</summary>
    public const string Extension = ".py";

    // What makes a network readable and leaves batch norms and activations to themselves.
    private static readonly PassPipeline s_cleaning = new(
        new RemoveDeadLayers(), new FoldConstants(), new RemoveIdentity(), new MergeCommonLayers(), new CombineTransposes(),
        new RecognizeActivations(), new FoldPadding(), new UseFullyConnected());

    private readonly string? _architecture, _identity;
    private readonly OnnxSkeleton _skeleton;
    private readonly ImmutableArray<KeyValuePair<string, string>> _tied;
    private readonly Written? _written;

    private PyTorchModule(
        string? architecture, string? identity, OnnxSkeleton skeleton, ImmutableArray<KeyValuePair<string, string>> tied,
        Written? written = null)
    {
        (_architecture, _identity) = (architecture, identity);
        _skeleton = skeleton;
        _tied = tied;
        _written = written;
    }

    /// <summary>Whether the network is of an architecture that its tensors' names tell, so that it has a form as a weight file.</summary>
    public bool IsOfKnownArchitecture => _architecture is not null;

    /// <summary>The file of weights that belongs to a module.</summary>
    /// <param name="path">The file with the module.</param>
    public static string WeightsOf(string path) => Path.ChangeExtension(path, ".safetensors");

    /// <summary>Makes the module of a graph.</summary>
    /// <param name="graph">The graph of a network, before any pass that merges layers.</param>
    /// <param name="metadata">What is known of the network beside its layers.</param>
    /// <exception cref="PyTorchExportException">Some nodes have no form in PyTorch; the message names them all.</exception>
    public static PyTorchModule Of(Graph graph, ModelMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(metadata);
        string? architecture = null;
        try
        {
            ModelMetadata told = Architectures.ToCheckpoint(graph, metadata).Metadata;
            (architecture, metadata) = (told.Architecture, told);
        }
        catch (WeightMismatchException)
        {
            graph = s_cleaning.Run(graph);
            metadata = metadata with { Architecture = null };
        }

        var module = ModuleWriter.Write(graph);
        StateTensor[] state = [.. module.State.Where(tensor => tensor.SameAs is null && !IsCounter(tensor.Name))];
        OnnxSkeleton skeleton;
        try
        {
            skeleton = OnnxSkeleton.Of(graph, metadata, state.Select(tensor => KeyValuePair.Create(tensor.Tensor, tensor.Name)));
        }
        catch (OnnxExportException error)
        {
            throw new PyTorchExportException($"The network cannot be kept beside its module: {error.Message}", error);
        }

        if (state.Select(tensor => tensor.Name).Except(skeleton.Weights.Select(weight => weight.Name)).FirstOrDefault() is { } lost)
        {
            throw new PyTorchExportException($"The tensor '{lost}' would not come back into the network.");
        }

        return new PyTorchModule(
            architecture,
            module.ComputeIdentity(),
            skeleton,
            [.. module.State.Where(tensor => tensor.SameAs is not null).Select(tensor => KeyValuePair.Create(tensor.Name, tensor.SameAs!))],
            new Written(graph, metadata, module));
    }

    /// <summary>Reads the network of a module's file, without its weights.</summary>
    /// <param name="path">The file, as <see cref="Save(string, string)"/> wrote it.</param>
    /// <exception cref="InputFileException">The file is missing or cannot be read.</exception>
    /// <exception cref="FileFormatException">It was not written by <see cref="Save(string, string)"/>, or changed since.</exception>
    public static PyTorchModule Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ModuleTrailer trailer = ModuleTrailer.Read(path);
        return new PyTorchModule(trailer.Architecture, trailer.Identity, OnnxSkeleton.Read(path, trailer.Graph), trailer.Tied);
    }

    /// <summary>
    /// Writes the module and its weights: both files are complete, and if one cannot be written, what stood there before stays. Should the
    /// process end between the two, weights and module tell that they are not of each other.
    /// </summary>
    /// <param name="path">The file with the module. Its weights go to <see cref="WeightsOf"/>.</param>
    /// <param name="source">What the network was read from, for the module's documentation.</param>
    /// <exception cref="FileFormatException">A file cannot be written.</exception>
    /// <exception cref="InvalidOperationException">The module was read, not made of a graph.</exception>
    public void Save(string path, string source) => Save(path, source, CheckpointFile.Save);

    /// <summary>The same with another way to write the weights.</summary>
    internal void Save(string path, string source, Action<string, Checkpoint> saveWeights)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(source);
        Written written = _written ?? throw new InvalidOperationException("The module was read from a file.");
        string name = Path.GetFileNameWithoutExtension(path);
        string text = ModuleTrailer.Append(
            ModuleText.Write(name, source, written.Graph, written.Metadata, written.Module, _identity!), _architecture, _identity!, _tied,
            _skeleton.ToBytes());
        var tensors = new StateDict();
        foreach (StateTensor tensor in written.Module.State)
        {
            tensors.Add(tensor.Name, tensor.Tensor);
        }

        // The names are the module's, not the architecture's.
        var checkpoint = new Checkpoint(tensors, written.Metadata with { Architecture = null }) { Module = _identity };
        try
        {
            SaveBoth(path, text, weights => saveWeights(weights, checkpoint));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new FileFormatException(path, "", $"cannot be written: {error.Message}", error);
        }
    }

    /// <summary>Requires that weights are not of another module. Files that cannot tell are taken.</summary>
    /// <param name="file">What errors call the weights.</param>
    /// <param name="weights">The weights.</param>
    /// <exception cref="WeightMismatchException">They tell that they are.</exception>
    public void RequireOwn(string file, Checkpoint weights)
    {
        if (!IsOwn(weights))
        {
            throw new WeightMismatchException(
                "these are the weights of another module, or of one of this name that was replaced since; a file that was saved by this "
                + "module was expected.").In(file);
        }
    }

    /// <summary>Whether weights do not tell that they are of another module.</summary>
    /// <param name="weights">The weights.</param>
    public bool IsOwn(Checkpoint weights) => weights.Module is not { } told || _identity is null || told == _identity;

    /// <summary>The network with weights.</summary>
    /// <param name="file">What errors call the weights.</param>
    /// <param name="weights">The module's <c>state_dict</c>.</param>
    /// <exception cref="WeightMismatchException">
    /// Tensors are missing, surplus, of another shape, not finite, or differ where they are one; the message names the file and them.
    /// </exception>
    public OnnxNetwork Fill(string file, StateDict weights)
    {
        try
        {
            return _skeleton.Fill(Check(weights));
        }
        catch (WeightMismatchException error)
        {
            throw error.In(file);
        }
    }

    /// <summary>The same as a weight file of its architecture.</summary>
    /// <exception cref="InvalidOperationException">It has none, see <see cref="IsOfKnownArchitecture"/>.</exception>
    /// <inheritdoc cref="Fill"/>
    public Checkpoint ToCheckpoint(string file, StateDict weights)
    {
        if (_architecture is null)
        {
            throw new InvalidOperationException("The network is of no known architecture.");
        }

        OnnxNetwork network = Fill(file, weights);
        Dictionary<string, Tensor> filled = Check(weights);
        var tensors = new StateDict();
        foreach (OnnxWeight weight in _skeleton.Weights)
        {
            tensors.Add(weight.LayerName, filled[weight.Name]);
        }

        return new Checkpoint(tensors, network.Metadata);
    }

    // The module goes last: where it is new, its weights are there.
    private static void SaveBoth(string path, string text, Action<string> saveWeights)
    {
        string weights = WeightsOf(path);
        AtomicFile.RequireWritable(weights);
        AtomicFile.RequireWritable(path);
        using var before = new KeptFile(weights);
        bool isReplaced = false;
        try
        {
            AtomicFile.Write(path, stream =>
            {
                stream.Write(Encoding.UTF8.GetBytes(text));
                saveWeights(weights);
                isReplaced = true;
            });
        }
        catch (Exception) when (isReplaced)
        {
            before.Restore();
            throw;
        }
    }

    private static bool IsCounter(string name) => name.EndsWith(".num_batches_tracked", StringComparison.Ordinal);

    private Dictionary<string, Tensor> Check(StateDict weights)
    {
        OnnxWeight[] whole = [.. _skeleton.Weights.Where(weight => !weight.Type.IsFloatingPoint())];
        TensorPattern[] expected =
        [
            .. _skeleton.Weights.Except(whole).Select(Pattern),
            .. _tied.Select(tie => Pattern(_skeleton.Weights.First(weight => weight.Name == tie.Value)) with { Name = tie.Key }),
        ];
        var statistics = expected.Where(pattern => pattern.IsVariance)
            .Select(pattern => pattern.Name.Replace(".running_var", ".num_batches_tracked", StringComparison.Ordinal)).ToHashSet();
        Dictionary<string, Tensor> tensors = WeightChecker.Check(
            "the module", weights, expected, name => statistics.Contains(name) || whole.Any(weight => weight.Name == name));
        foreach (OnnxWeight weight in whole)
        {
            if (!weights.TryGet(weight.Name, out Tensor? tensor) || tensor.Type != weight.Type || tensor.Shape != weight.Shape)
            {
                throw new WeightMismatchException(
                    $"'{weight.Name}' was expected as {weight.Type} {weight.Shape}, found "
                    + $"{(tensor is null ? "nothing" : $"{tensor.Type} {tensor.Shape}")}.");
            }

            tensors.Add(weight.Name, tensor);
        }

        foreach ((string name, string first) in _tied)
        {
            if (!tensors[name].Bytes.SequenceEqual(tensors[first].Bytes))
            {
                throw new WeightMismatchException($"'{name}' and '{first}' are one tensor in the network; different values were found.");
            }
        }

        return tensors;
    }

    private static TensorPattern Pattern(OnnxWeight weight) => new(
        weight.Name, weight.Shape.Dimensions.ToArray(), weight.LayerName.EndsWith(".running_var", StringComparison.Ordinal));

    /// <summary>What a module was made of.</summary>
    private sealed record Written(Graph Graph, ModelMetadata Metadata, ModuleWriter Module);
}
