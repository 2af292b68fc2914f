using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.PyTorch.Writing;

/// <summary>A tensor of a module's state.</summary>
/// <param name="Name">Its name in the <c>state_dict</c>.</param>
/// <param name="Tensor">Its values.</param>
/// <param name="SameAs">The name of the one that it is the same as; null if it is the first.</param>
internal sealed record StateTensor(string Name, Tensor Tensor, string? SameAs = null);

/// <summary>Makes the statements of a module's constructor and of its <c>forward</c>.</summary>
internal sealed class ModuleWriter
{
    private static readonly string[] s_variables = ["x", "y", "z", "u", "v", "w"];

    // Constants that such layers read are trained, others are fixed.
    private static readonly string[] s_trained = ["MatMul", "PRelu", "LayerNorm", "GroupNorm", "InstanceNorm"];

    private readonly Graph _graph;
    private readonly GraphFacts _facts;
    private readonly Dictionary<Value, Tensor> _constants;
    private readonly Identifiers _identifiers = new();
    private readonly Dictionary<Value, string> _variables = [];
    private readonly Dictionary<Value, int> _lastReads = [];
    private readonly Dictionary<string, int> _uses = new(StringComparer.Ordinal);
    private readonly Dictionary<Tensor, string> _tensors = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> _temporaries = [];
    private readonly Block _constructor = new(), _forward = new();
    private string _path = "";

    private ModuleWriter(Graph graph)
    {
        _graph = graph;
        _facts = graph.Infer();
        _constants = LastingConstants.Of(graph, _facts);
        int[] batches = [.. graph.Inputs.Select(input => input.DefaultShape.Rank > 1 ? input.DefaultShape[0] : 0).Distinct()];
        Batch = batches is [var batch] ? batch : 0;
    }

    /// <summary>The length of the first axis of what is fed; 0 if inputs differ.</summary>
    public int Batch { get; }

    /// <summary>The names of what is fed, in the order of the graph's inputs.</summary>
    public ImmutableArray<string> Arguments { get; private set; } = [];

    /// <summary>The statements of the constructor.</summary>
    public IEnumerable<string> Constructor => _constructor.Lines;

    /// <summary>The statements of <c>forward</c>.</summary>
    public IEnumerable<string> Forward => _forward.Lines;

    /// <summary>The names of the functions that stand beside the class.</summary>
    public SortedSet<string> Helpers { get; } = new(StringComparer.Ordinal);

    /// <summary>The module's state.</summary>
    public List<StateTensor> State { get; } = [];

    /// <summary>Writes a graph.</summary>
    /// <exception cref="PyTorchExportException">Some nodes have no form in PyTorch.</exception>
    public static ModuleWriter Write(Graph graph)
    {
        var writer = new ModuleWriter(graph);
        writer.Run();
        return writer;
    }

    /// <summary>
    /// A hash of the statements and of the tensors: two modules of one identity compute the same, as long as they are not trained.
    /// </summary>
    public string ComputeIdentity()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string line in Constructor.Append("").Concat(Forward))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{line}\n"));
        }

        foreach (StateTensor state in State)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{state.Name}\n{state.Tensor.Type}\n{state.Tensor.Shape}\n"));
            hash.AppendData(state.Tensor.Bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The expression of a value.</summary>
    public string Expression(Value value) => _graph.ProducerOf(value)?.Layer is Constant constant ? StateOf(value, constant.Value)
        : ConstantOf(value) is { } computed ? LiteralOf(computed)
        : _variables[value];

    /// <summary>The content of a value that never changes; null for what depends on what is fed.</summary>
    public Tensor? ConstantOf(Value value) => _constants.GetValueOrDefault(value);

    /// <summary>Keeps a module that the constructor makes.</summary>
    public string AddModule(Node node, string constructor, string suffix, ImmutableArray<LayerParameter> parameters)
    {
        string name = _identifiers.Unique(Identifiers.PathOf(node.Name) + suffix, KindOf(node.Layer));
        _constructor.Add(_path, $"self.{name} = {constructor}");
        foreach (LayerParameter parameter in parameters)
        {
            string key = $"{name}.{parameter.Name}";
            if (_tensors.TryGetValue(parameter.Tensor, out string? first))
            {
                _constructor.Add(_path, $"self.{key} = self.{first}");
                State.Add(new StateTensor(key, parameter.Tensor, first));
            }
            else
            {
                _tensors.Add(parameter.Tensor, key);
                State.Add(new StateTensor(key, parameter.Tensor));
            }
        }

        if (node.Layer is BatchNorm)
        {
            State.Add(new StateTensor($"{name}.num_batches_tracked", Tensor.FromBytes(ElementType.Int64, new Shape(), new byte[8])));
        }

        return $"self.{name}";
    }

    /// <summary>Has a function beside the class.</summary>
    public string AddHelper(string name)
    {
        Helpers.Add(name);
        return name;
    }

    /// <summary>Names a value within one node.</summary>
    public string AddLine(string expression)
    {
        string name = Take();
        _temporaries.Add(name);
        _forward.Add(_path, $"{name} = {expression}");
        return name;
    }

    private static string KindOf(Layer layer) => layer.Kind switch
    {
        "Convolution" or "ConvolutionMaxPool" => "conv",
        "ConvTranspose" => "conv_transpose",
        "FullyConnected" => "fc",
        "BatchNorm" => "bn",
        "MaxPool" => "max_pool",
        "AveragePool" or "GlobalAveragePool" => "avg_pool",
        var kind => kind,
    };

    private void Run()
    {
        Arguments = [.. _graph.Inputs.Select(input => _graph.Inputs.Length == 1 ? "x" : _identifiers.Unique(input.Name, "input"))];
        for (int i = 0; i < Arguments.Length; i++)
        {
            _variables.Add(_graph.Inputs[i].Value, Arguments[i]);
            _uses.Add(Arguments[i], 1);
        }

        if (Batch == 1 && _graph.Nodes.Any(MixesImages))
        {
            string mine = Arguments[0];
            _forward.Add("", $"if {mine}.shape[0] != 1:");
            _forward.Add(
                "", $"    raise ValueError(f\"expected one image, found {{{mine}.shape[0]}}: a layer of this network mixes a batch\")");
        }

        Node[] nodes = [.. _graph.Nodes.Where(node => node.Outputs.Any(value => ConstantOf(value) is null))];
        for (int i = 0; i < nodes.Length; i++)
        {
            foreach (Value value in nodes[i].Inputs)
            {
                _lastReads[value] = i;
            }
        }

        foreach (GraphOutput output in _graph.Outputs)
        {
            _lastReads[output.Value] = nodes.Length;
        }

        var missing = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        for (int i = 0; i < nodes.Length; i++)
        {
            string expression = "";
            _path = Identifiers.PathOf(nodes[i].Name);
            try
            {
                expression = LayerForms.Find(nodes[i].Layer.Kind).Write(new NodeWriter(nodes[i], _facts.InputsOf(nodes[i]), this));
            }
            catch (NoForm problem)
            {
                missing.Add(new(nodes[i].Name, $"{nodes[i].Layer}: {problem.Message}"));
            }

            Assign(nodes[i], expression, i);
        }

        if (missing.Count > 0)
        {
            throw new PyTorchExportException(missing.ToImmutable());
        }

        _forward.Add(_path, $"return {string.Join(", ", _graph.Outputs.Select(output => Expression(output.Value)))}");
    }

    // Layers that only move elements may part and join the first axis, as a channel shuffle does, and still keep images apart. Others that
    // work along it would mix what a batch holds.
    private bool MixesImages(Node node) =>
        node.Layer is not (Reshape or ReshapingLayer or RearrangingLayer or LookupLayer or Split or Concat)
        && node.Outputs.Any(value => ConstantOf(value) is null)
        && !node.Layer.KeepsImagesApart(_facts.InputsOf(node).AsSpan());

    // A result takes the variable of what is not read any more, as a person would write it.
    private void Assign(Node node, string expression, int index)
    {
        foreach (string temporary in _temporaries)
        {
            _uses[temporary]--;
        }

        _temporaries.Clear();
        foreach (Value value in node.Inputs.Distinct().Where(value => _variables.ContainsKey(value) && _lastReads[value] == index))
        {
            _uses[_variables[value]]--;
        }

        string[] free = [.. node.Inputs.Where(_variables.ContainsKey).Select(value => _variables[value]).Where(name => _uses[name] == 0)];
        var names = new List<string>();
        foreach (Value value in node.Outputs)
        {
            if (!_lastReads.ContainsKey(value))
            {
                names.Add("_");
                continue;
            }

            string name = free.FirstOrDefault(candidate => _uses[candidate] == 0) is { } old ? old : "";
            if (name.Length > 0)
            {
                _uses[name]++;
            }
            else
            {
                name = Take();
            }

            names.Add(name);
            _variables.Add(value, name);
        }

        string targets = string.Join(", ", names);
        if (targets != expression)
        {
            _forward.Add(_path, $"{targets}{(names.Count == 1 && node.Outputs.Length > 1 ? "," : "")} = {expression}");
        }
    }

    private string Take()
    {
        IEnumerable<string> all = s_variables.Concat(Enumerable.Range(1, int.MaxValue - 1).Select(number => $"x{number}"));
        string name = all.First(candidate => _uses.GetValueOrDefault(candidate) == 0);
        _uses[name] = 1;
        return name;
    }

    // What was computed of constants and shapes is no state.
    private static string LiteralOf(Tensor tensor)
    {
        int size = tensor.Type.Size();
        IEnumerable<string> elements = Enumerable.Range(0, (int)tensor.Shape.ElementCount).Select(index => NodeWriter.Literal(
            Tensor.FromBytes(tensor.Type, new Shape(), tensor.Bytes.Slice(index * size, size).ToArray())));
        string flat = $"torch.tensor([{string.Join(", ", elements)}], dtype={Python.Type(tensor.Type)})";
        return tensor.Shape.Rank == 1 ? flat : $"{flat}.reshape({Python.Tuple(tensor.Shape.Dimensions.ToArray())})";
    }

    private string StateOf(Value value, Tensor tensor)
    {
        if (_tensors.TryGetValue(tensor, out string? known))
        {
            return $"self.{known}";
        }

        string name = _identifiers.Unique(Identifiers.PathOf(_graph.ProducerOf(value)!.Name), "constant");
        _tensors.Add(tensor, name);
        State.Add(new StateTensor(name, tensor));
        bool isTrained = tensor.Type == ElementType.Float32
            && _graph.ConsumersOf(value).Any(node => s_trained.Contains(node.Layer.Kind));
        string room = $"torch.zeros({Python.Tuple(tensor.Shape.Dimensions.ToArray())}"
            + (tensor.Type == ElementType.Float32 ? ")" : $", dtype={Python.Type(tensor.Type)})");
        _constructor.Add(_path, isTrained ? $"self.{name} = nn.Parameter({room})" : $"self.register_buffer(\"{name}\", {room})");
        return $"self.{name}";
    }

    /// <summary>Statements, with a line between those of one block of the network and of the next.</summary>
    private sealed class Block
    {
        private string _name = "";

        public List<string> Lines { get; } = [];

        public void Add(string path, string line)
        {
            string name = Identifiers.BlockOf(path);
            bool isSame = name.Length == 0 || _name == name || _name.StartsWith(name + ".", StringComparison.Ordinal);
            if (!isSame && Lines.Count > 0)
            {
                Lines.Add("");
            }

            if (!isSame)
            {
                Lines.Add($"# {string.Concat(name.Select(letter => letter is >= ' ' and <= '~' ? letter : '?'))}");
                _name = name;
            }

            Lines.Add(line);
        }
    }
}
