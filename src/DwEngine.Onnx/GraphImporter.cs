using System.Collections.Immutable;
using DwEngine.Files;
using DwEngine.Graphs;
using DwEngine.Onnx.Nodes;
using DwEngine.Onnx.Operators;
using DwEngine.Onnx.Reading;
using DwEngine.Onnx.Schema;
using DwEngine.Tensors;

namespace DwEngine.Onnx;

/// <summary>Makes a graph of a model.</summary>
/// <param name="file">The file's path or name.</param>
/// <param name="model">The model.</param>
/// <param name="budget">What the file may take.</param>
/// <param name="tensors">Reads its tensors.</param>
/// <param name="options">What its reader asks for.</param>
internal sealed class GraphImporter(string file, ModelProto model, MemoryBudget budget, TensorReader tensors, OnnxOptions options)
{
    // Lengths that images and sequences often have; the first at which the layers fit shows their structure.
    private static readonly int[] s_usualLengths = [224, 256, 320, 512, 640, 128, 64, 32, 16, 8, 1];

    // ONNX's own, and the two names that it has.
    private static readonly string[] s_ownDomain = ["", "ai.onnx"];

    private readonly Dictionary<string, TensorProto> _initializers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _opsets = new(StringComparer.Ordinal);

    /// <summary>Makes the graph.</summary>
    /// <exception cref="FileFormatException">The model contradicts itself.</exception>
    /// <exception cref="OnnxUnsupportedException">The engine cannot compute some of the nodes.</exception>
    public OnnxNetwork Import()
    {
        GraphProto graph = model.Graph ?? throw Error("", "has no graph");
        ReadOpsets();
        ReadInitializers(graph);
        ImmutableArray<DeclaredInput> inputs = InputShapes.Read(
            [.. graph.Input.Where(input => !_initializers.ContainsKey(input.Name) && !_constants.ContainsKey(input.Name))], options, Error);
        string[] outputs = [.. graph.Output.Select(output => output.Name)];
        if (outputs.Length == 0)
        {
            throw Error("", "the graph has no outputs");
        }

        HashSet<string> given = new(_initializers.Keys.Concat(_constants.Keys), StringComparer.Ordinal);
        foreach (DeclaredInput input in inputs)
        {
            if (input.Name.Length == 0 || !given.Add(input.Name))
            {
                throw Error($"input {Quoting.Quoted(input.Name)}", "has no name of its own");
            }
        }

        ImmutableArray<OrderedNode> nodes = NodeOrder.Of(graph.Node, OpsetOf, given, outputs, Error);
        ImmutableDictionary<string, string> properties = Properties();
        return new OnnxNetwork(Build(inputs, nodes, outputs), properties)
        {
            Metadata = OnnxMetadata.Read(properties, model.ProducerName, budget, Error),
            Producer = $"{model.ProducerName} {model.ProducerVersion}".Trim(),
            FormatVersion = model.IrVersion,
            Opset = _opsets.GetValueOrDefault(""),
            NodeCount = nodes.Length,
        };
    }

    private void ReadOpsets()
    {
        foreach (OperatorSetIdProto opset in model.OpsetImport)
        {
            string domain = PlainDomain(opset.Domain);
            if (!_opsets.TryAdd(domain, opset.Version) && _opsets[domain] != opset.Version)
            {
                throw Error("opset_import", $"names two versions of the domain {Quoting.Quoted(domain)}");
            }
        }

        if (_opsets.TryGetValue("", out long own) && own is < OperatorRegistry.OldestOpset or > OperatorRegistry.NewestOpset)
        {
            throw Error(
                "opset_import", $"is {own}; {OperatorRegistry.OldestOpset} to {OperatorRegistry.NewestOpset} are supported");
        }
    }

    private long OpsetOf(string domain) => _opsets.GetValueOrDefault(PlainDomain(domain));

    private static string PlainDomain(string domain) => s_ownDomain.Contains(domain) ? "" : domain;

    private void ReadInitializers(GraphProto graph)
    {
        if (graph.SparseInitializer.Count > 0)
        {
            throw Error($"initialiser {Quoting.Quoted(graph.SparseInitializer[0].Values?.Name ?? "")}",
                "is sparse, which is not supported");
        }

        foreach ((string name, Tensor tensor) in options.Constants)
        {
            if (!graph.Input.Any(input => input.Name == name))
            {
                throw Error("", $"has no input {Quoting.Quoted(name)} to be made constant");
            }

            _constants.Add(name, tensor);
        }

        foreach (TensorProto tensor in graph.Initializer)
        {
            if (tensor.Name.Length == 0 || (!_constants.ContainsKey(tensor.Name) && !_initializers.TryAdd(tensor.Name, tensor)))
            {
                throw Error($"initialiser {Quoting.Quoted(tensor.Name)}", "has no name of its own");
            }
        }
    }

    private ImmutableDictionary<string, string> Properties()
    {
        var properties = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (StringStringEntryProto property in model.MetadataProps)
        {
            properties[property.Key] = property.Value;
        }

        return properties.ToImmutable();
    }

    private Graph Build(ImmutableArray<DeclaredInput> inputs, ImmutableArray<OrderedNode> nodes, string[] outputs)
    {
        if (!inputs.Any(input => input.IsOpen))
        {
            return Build(inputs, 0, nodes, outputs);
        }

        FileFormatException? first = null;
        foreach (int length in s_usualLengths)
        {
            try
            {
                return Build(inputs, length, nodes, outputs);
            }
            catch (FileFormatException error)
            {
                first ??= error;
            }
        }

        throw first!;
    }

    private Graph Build(ImmutableArray<DeclaredInput> inputs, int length, ImmutableArray<OrderedNode> nodes, string[] outputs)
    {
        var scope = new GraphScope(file, budget, tensors);
        var values = new Dictionary<string, Operand>(StringComparer.Ordinal);
        var fed = new Dictionary<Operand, string>();
        foreach (DeclaredInput input in inputs)
        {
            try
            {
                var operand = new Operand(scope.Builder.Input(scope.Unique(input.Name), input.With(length), input.Type, input.Dimensions));
                values.Add(input.Name, operand);
                fed.Add(operand, input.Name);
            }
            catch (ShapeException error)
            {
                throw Error($"input {Quoting.Quoted(input.Name)}", error.Message, error);
            }
        }

        HashSet<string> used = new(nodes.SelectMany(node => node.Proto.Input).Concat(outputs), StringComparer.Ordinal);
        var unsupported = ImmutableArray.CreateBuilder<UnsupportedNode>();
        foreach (OrderedNode node in nodes)
        {
            ImmutableArray<Operand?> operands =
                [.. node.Proto.Input.Select(name => name.Length == 0 ? null : Find(scope, values, name))];
            Operand[] results = Import(scope, node, operands, used, unsupported, fed);
            for (int i = 0; i < node.Proto.Output.Count; i++)
            {
                if (node.Proto.Output[i].Length > 0 && i < results.Length)
                {
                    values.Add(node.Proto.Output[i], results[i]);
                }
                else if (node.Proto.Output[i].Length > 0 && used.Contains(node.Proto.Output[i]))
                {
                    throw Error(node.Location, $"has no output {i}");
                }
            }
        }

        if (unsupported.Count > 0)
        {
            throw new OnnxUnsupportedException(file, unsupported.ToImmutable());
        }

        try
        {
            return scope.Builder.Build([.. outputs.Select(name => (name, Find(scope, values, name).Handle))]);
        }
        catch (Exception error) when (IsRefusal(error))
        {
            throw Error("", ProblemOf(error), error);
        }
    }

    private Operand Find(GraphScope scope, Dictionary<string, Operand> values, string name)
    {
        if (!values.TryGetValue(name, out Operand? operand))
        {
            // Read where it is wanted: a file may hold tensors that nobody reads.
            if (!_constants.TryGetValue(name, out Tensor? tensor))
            {
                tensor = _constants[name] = tensors.Read(_initializers[name], $"initialiser {Quoting.Quoted(name)}");
            }

            operand = values[name] = scope.Known(name, tensor);
        }

        return operand;
    }

    private Operand[] Import(
        GraphScope scope, OrderedNode node, ImmutableArray<Operand?> operands, HashSet<string> used,
        ImmutableArray<UnsupportedNode>.Builder unsupported, Dictionary<Operand, string> fed)
    {
        NodeProto proto = node.Proto;
        bool isOwn = s_ownDomain.Contains(proto.Domain);
        bool readsStandIn = operands.Any(operand => operand?.IsStandIn == true);
        try
        {
            if (!isOwn)
            {
                throw new NotSupported($"operators of the domain {Quoting.Quoted(proto.Domain)} are not supported");
            }

            if (node.Opset == 0)
            {
                throw Error("opset_import", "names no version of ONNX's own operators");
            }

            OperatorEntry entry = OperatorRegistry.Find(proto.OpType, node.Opset);
            var context = new NodeContext(
                scope, node, operands, [.. proto.Output.Select(output => output.Length > 0 && used.Contains(output))]);
            Operand[] results = entry.Import(context);
            if (context.UnreadInputs.ToArray() is [var first, ..])
            {
                throw context.Error($"has an input {first}, which the operator does not have");
            }

            return context.Attributes.Unread.ToArray() is { Length: > 0 } unread
                ? throw new NotSupported(
                    $"{(unread.Length == 1 ? "the attribute" : "the attributes")} {string.Join(", ", unread.Select(Quoting.Plain))}")
                : results;
        }
        catch (NotSupported missing)
        {
            if (!(readsStandIn && missing.IsOfOperands))
            {
                string name = Quoting.Plain(isOwn ? proto.OpType : $"{proto.Domain}.{proto.OpType}");
                unsupported.Add(new UnsupportedNode(Quoting.Plain(node.Name), name, node.Opset, missing.Message)
                {
                    Input = missing.Operand is { } operand ? fed.GetValueOrDefault(operand) : null,
                });
            }
        }
        catch (Exception error) when (readsStandIn && (error is FileFormatException || IsRefusal(error)))
        {
            // What stands in for another value has not its shape, so that this says nothing.
        }
        catch (Exception error) when (IsRefusal(error))
        {
            throw Error(node.Location, ProblemOf(error), error);
        }

        return StandIns(scope, node, operands);
    }

    // How the core refuses a layer: its attributes, its inputs, or what it would have to compute of them. An error that names the file
    // stays as it is, and what the system does not give is not the node's fault.
    private static bool IsRefusal(Exception error) => error is (DwEngineException and not FileFormatException and not ResourceException)
        or ArgumentException or ArithmeticException or InvalidOperationException;

    // The core's own error names the node again; what is wrong with it stands in the error within.
    private static string ProblemOf(Exception error)
    {
        string problem = error is DwEngineException { InnerException: DwEngineException inner } ? inner.Message : error.Message;
        return error is ArgumentException { ParamName: { } name } ? problem.Split($" (Parameter '{name}')")[0] : problem;
    }

    // What is known of the outputs of a node that is not supported is next to nothing; the nodes behind it are looked at nevertheless.
    private static Operand[] StandIns(GraphScope scope, OrderedNode node, ImmutableArray<Operand?> operands)
    {
        Fact fact = operands.FirstOrDefault(operand => operand is not null)?.Fact ?? new Shape(1);
        return
        [
            .. node.Proto.Output.Select(output =>
                new Operand(scope.Builder.Input(scope.Unique(output.Length == 0 ? node.Name : output), fact.Shape, fact.Type)) { IsStandIn =
                    true }),
        ];
    }

    private FileFormatException Error(string location, string problem) => new(file, location, problem);

    private FileFormatException Error(string location, string problem, Exception? inner) => new(file, location, problem, inner);
}
