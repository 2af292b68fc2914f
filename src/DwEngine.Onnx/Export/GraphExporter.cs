using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Models;
using DwEngine.Onnx.Schema;
using DwEngine.Tensors;

namespace DwEngine.Onnx.Export;

/// <summary>Makes a model of a graph.</summary>
internal sealed class GraphExporter
{
    // The first version of the file format that may hold the operator set.
    private const long FormatVersion = 8;

    private readonly Graph _graph;
    private readonly GraphFacts _facts;
    private readonly OpenDimensions _dimensions;
    private readonly ExportScope _scope;
    private readonly Dictionary<Value, string> _names = [];
    private readonly GraphProto _proto = new() { Name = "network" };

    private GraphExporter(Graph graph, IReadOnlyDictionary<Tensor, string> hollow)
    {
        _graph = graph;
        _facts = graph.Infer();
        _dimensions = OpenDimensions.Of(graph);
        _scope = new ExportScope(_dimensions.HasSizes, hollow);
    }

    /// <summary>Makes the model.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="metadata">What is known of it; null for nothing.</param>
    /// <param name="hollow">Tensors whose values are left out, by reference, and the names that they are told by.</param>
    /// <exception cref="OnnxExportException">Some nodes have no form in ONNX, or the weights are too large.</exception>
    public static ModelProto Export(Graph graph, ModelMetadata? metadata, IReadOnlyDictionary<Tensor, string>? hollow = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var model = new ModelProto
        {
            IrVersion = FormatVersion,
            ProducerName = OnnxMetadata.Producer,
            Graph = new GraphExporter(graph, hollow ?? ImmutableDictionary<Tensor, string>.Empty).Run(),
            OpsetImport = { new OperatorSetIdProto { Version = OnnxExport.Opset } },
        };
        model.MetadataProps.AddRange(OnnxMetadata.Write(metadata ?? new ModelMetadata()));
        return model;
    }

    private GraphProto Run()
    {
        NameInputsAndOutputs();
        var missing = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (Node node in _graph.Nodes)
        {
            _ = _scope.NewNode(node.Name);
        }

        foreach (Node node in _graph.Nodes)
        {
            foreach (Value output in node.Outputs)
            {
                _names.TryAdd(output, "");
            }
        }

        foreach (Value value in _names.Where(pair => pair.Value.Length == 0).Select(pair => pair.Key).ToArray())
        {
            _names[value] = _scope.NewValue(value.Name);
        }

        foreach (Node node in _graph.Nodes)
        {
            try
            {
                Write(node);
            }
            catch (NoForm problem)
            {
                missing.Add(new(node.Name, $"{node.Layer}: {problem.Message}"));
            }
        }

        if (missing.Count > 0)
        {
            throw new OnnxExportException(missing.ToImmutable());
        }

        foreach (GraphOutput output in _graph.Outputs.Where(output => _names[output.Value] != output.Name))
        {
            _proto.Node.Add(new NodeProto
            {
                Name = _scope.NewNode(output.Name),
                OpType = "Identity",
                Input = { _names[output.Value] },
                Output = { output.Name },
            });
        }

        _proto.Initializer.AddRange(_scope.Constants);
        return _proto;
    }

    private void NameInputsAndOutputs()
    {
        for (int i = 0; i < _graph.Inputs.Length; i++)
        {
            GraphInput input = _graph.Inputs[i];
            _ = _scope.TryReserve(input.Name);
            _names.Add(input.Value, input.Name);
            _proto.Input.Add(Declare(input.Name, input.Type, _dimensions.OfInput(i)));
        }

        ImmutableArray<TensorShapeProto> shapes = _dimensions.OfOutputs();
        for (int i = 0; i < _graph.Outputs.Length; i++)
        {
            GraphOutput output = _graph.Outputs[i];
            if (!_scope.TryReserve(output.Name) && !(_names.TryGetValue(output.Value, out string? name) && name == output.Name))
            {
                throw new OnnxExportException($"an input and another output have the name '{output.Name}', which ONNX does not allow");
            }

            if (_facts[output.Value].HasPaddedRows)
            {
                shapes[i].Dim[0] = new TensorShapeProto.Types.Dimension();
            }

            // The value bears the output's name, so that nothing need be copied.
            _names.TryAdd(output.Value, output.Name);
            _proto.Output.Add(Declare(output.Name, _facts[output.Value].Type, shapes[i]));
        }
    }

    private static ValueInfoProto Declare(string name, ElementType type, TensorShapeProto shape) => new()
    {
        Name = name,
        Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)ExportScope.TypeOf(type), Shape = shape } },
    };

    private void Write(Node node)
    {
        if (node.Layer is Constant constant && !_graph.IsOutput(node.Outputs[0]))
        {
            _names[node.Outputs[0]] = _scope.Constant(node.Name, constant.Value);
            return;
        }

        var export = new NodeExport(
            node, [.. node.Inputs.Select(value => _names[value])], [.. node.Inputs.Select(value => _facts[value])], _scope);
        string[] results = LayerExports.Find(node.Layer.Kind).Write(export);
        for (int i = 0; i < results.Length; i++)
        {
            NameResult(export, results[i], _names[node.Outputs[i]]);
        }

        // The node's own name goes to the operator that makes its result.
        NodeProto last = export.Operators.Last(proto => proto.Output.Contains(_names[node.Outputs[0]]));
        foreach (NodeProto proto in export.Operators)
        {
            proto.Name = proto == last ? node.Name : _scope.NewNode($"{node.Name}_{proto.OpType}");
        }

        _proto.Node.AddRange(export.Operators);
    }

    private static void NameResult(NodeExport export, string result, string name)
    {
        bool isMade = false;
        foreach (NodeProto proto in export.Operators)
        {
            for (int i = 0; i < proto.Output.Count; i++)
            {
                if (proto.Output[i] == result)
                {
                    proto.Output[i] = name;
                    isMade = true;
                }
            }
        }

        if (!isMade)
        {
            export.Operators.Add(new NodeProto { OpType = "Identity", Input = { result }, Output = { name } });
            return;
        }

        foreach (NodeProto proto in export.Operators)
        {
            for (int i = 0; i < proto.Input.Count; i++)
            {
                proto.Input[i] = proto.Input[i] == result ? name : proto.Input[i];
            }
        }
    }
}
