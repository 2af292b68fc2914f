using System.Collections.Immutable;
using DwEngine.Files;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Reading;
using DwEngine.Tensors;

namespace DwEngine.Onnx.Nodes;

/// <summary>A graph that is being built of an ONNX file.</summary>
/// <param name="file">The file's path or name.</param>
/// <param name="budget">What the file may take.</param>
/// <param name="tensors">Reads its tensors.</param>
internal sealed class GraphScope(string file, MemoryBudget budget, TensorReader tensors)
{
    // What would take longer is left to the plan.
    private const long MostFolded = 1 << 26;

    /// <summary>The graph.</summary>
    public GraphBuilder Builder { get; } = new();

    /// <summary>Reads the file's tensors.</summary>
    public TensorReader Tensors { get; } = tensors;

    /// <summary>Makes an error that names the file.</summary>
    public FileFormatException Error(string location, string problem, Exception? inner = null) => new(file, location, problem, inner);

    /// <summary>Takes a part of the file's budget.</summary>
    public void Take(long bytes, string location) => budget.Take(bytes, location);

    /// <summary>A name that no node and no value has yet: the one that is asked for, if it is free.</summary>
    public string Unique(string name)
    {
        string unique = name;
        for (int i = 1; Builder.HasName(unique) || Builder.HasName($"{unique}:0"); i++)
        {
            unique = $"{name}_{i}";
        }

        return unique;
    }

    /// <summary>A value that is known.</summary>
    /// <param name="name">What its node is called, if it becomes one.</param>
    /// <param name="tensor">The value.</param>
    public Operand Known(string name, Tensor tensor) => new(tensor, () => Builder.Constant(tensor, Unique(name)));

    /// <summary>Appends a layer, or computes it if all that it reads is known for good.</summary>
    /// <param name="name">What its node is called; made unique.</param>
    /// <param name="location">The file's node, for errors.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="inputs">What it reads.</param>
    public Operand[] Apply(string name, string location, Layer layer, ReadOnlySpan<Operand> inputs)
    {
        RequireWholeRows(inputs);
        bool isStandIn = false, isKnown = inputs.Length > 0;
        foreach (Operand input in inputs)
        {
            isStandIn |= input.IsStandIn;
            isKnown &= input.Constant is not null;
        }

        if (isKnown && TryFold(name, location, layer, inputs) is { } folded)
        {
            return folded;
        }

        var handles = new ValueHandle[inputs.Length];
        for (int i = 0; i < handles.Length; i++)
        {
            handles[i] = inputs[i].Handle;
        }

        return [.. Builder.Apply(layer, handles, Unique(name)).Select(handle => new Operand(handle) { IsStandIn = isStandIn })];
    }

    /// <summary>Appends layers as the fluent methods of handles do.</summary>
    /// <param name="append">Appends them.</param>
    /// <param name="inputs">What they read.</param>
    public static Operand Compose(Func<ValueHandle[], ValueHandle> append, ReadOnlySpan<Operand> inputs)
    {
        RequireWholeRows(inputs);
        var handles = new ValueHandle[inputs.Length];
        bool isStandIn = false;
        for (int i = 0; i < handles.Length; i++)
        {
            handles[i] = inputs[i].Handle;
            isStandIn |= inputs[i].IsStandIn;
        }

        return new Operand(append(handles)) { IsStandIn = isStandIn };
    }

    private static void RequireWholeRows(ReadOnlySpan<Operand> inputs)
    {
        foreach (Operand input in inputs)
        {
            if (input.Fact.HasPaddedRows)
            {
                throw new NotSupported(
                    $"reads '{input.Handle.Value.Name}', whose number of rows only a run tells; that can only be an output of the network")
                {
                    IsOfOperands = true,
                };
            }
        }
    }

    private Operand[]? TryFold(string name, string location, Layer layer, ReadOnlySpan<Operand> inputs)
    {
        var facts = new Fact[inputs.Length];
        var values = new Tensor[inputs.Length];
        for (int i = 0; i < facts.Length; i++)
        {
            facts[i] = inputs[i].Fact;
            values[i] = inputs[i].Constant!;
        }

        ImmutableArray<Fact> outputs = layer.Infer(facts);
        if (outputs.Any(output => output.Shape.ElementCount > MostFolded || output.HasPaddedRows) || layer.MultiplyAdds(facts) > MostFolded)
        {
            return null;
        }

        foreach (Fact output in outputs)
        {
            budget.Take(output.Shape.ElementCount * output.Type.Size(), location);
        }

        ImmutableArray<Tensor> results = outputs.All(output => output.Constant is not null)
            ? [.. outputs.Select(output => output.Constant!)]
            : layer.Reference(values);
        return [.. results.Select(result => Known(name, result))];
    }
}
