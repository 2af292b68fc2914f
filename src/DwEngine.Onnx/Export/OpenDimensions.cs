using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Onnx.Schema;
using DwEngine.Tensors;
using static DwEngine.Onnx.Schema.TensorShapeProto.Types;

namespace DwEngine.Onnx.Export;

/// <summary>
/// Which dimensions of a graph's inputs and outputs bear names. Those of the inputs do where the graph says so; and the batch does where
/// the layers take any. What becomes of the outputs is found by trying other lengths.
/// </summary>
internal sealed class OpenDimensions
{
    private const string Batch = "batch";

    private readonly Graph _graph;
    private readonly ImmutableArray<Shape> _shapes;
    private readonly ImmutableArray<ImmutableArray<NamedDimension>> _names;

    private OpenDimensions(Graph graph, ImmutableArray<ImmutableArray<NamedDimension>> names) =>
        (_graph, _shapes, _names) = (graph, [.. graph.Inputs.Select(input => input.DefaultShape)], names);

    /// <summary>Whether dimensions other than the first of inputs bear names.</summary>
    public bool HasSizes => _names.Any(names => names.Any(name => name.Axis > 0));

    /// <summary>Finds the names.</summary>
    /// <exception cref="ShapeException">The layers do not fit the default shapes.</exception>
    public static OpenDimensions Of(Graph graph)
    {
        var told = new OpenDimensions(graph, [.. graph.Inputs.Select(input => input.NamedDimensions)]);
        bool isOpen = graph.Inputs.All(input =>
            input.NamedDimensions.IsEmpty && input.DefaultShape.Rank > 1 && input.DefaultShape[0] == 1);
        if (!isOpen || graph.Inputs.IsEmpty)
        {
            return told;
        }

        NamedDimension batch = new(0, Batch, HasDefault: true);
        var open = new OpenDimensions(graph, [.. graph.Inputs.Select(_ => ImmutableArray.Create(batch))]);
        return open.TakesAnyBatch() ? open : told;
    }

    /// <summary>The shape of an input.</summary>
    public TensorShapeProto OfInput(int index)
    {
        var proto = new TensorShapeProto();
        for (int axis = 0; axis < _shapes[index].Rank; axis++)
        {
            string? name = _names[index].FirstOrDefault(named => named.Axis == axis)?.Name;
            proto.Dim.Add(name is null ? new Dimension { DimValue = _shapes[index][axis] } : new Dimension { DimParam = name });
        }

        return proto;
    }

    /// <summary>The shapes of the outputs. A dimension that depends on a named one, but is not it, is left open.</summary>
    public ImmutableArray<TensorShapeProto> OfOutputs()
    {
        ImmutableArray<Shape> usual = OutputsFor([.. _shapes]);
        var variants = Names().Select(name => (Name: name, Outputs: TryOther(name))).ToArray();
        return [.. usual.Select((shape, output) =>
        {
            var proto = new TensorShapeProto();
            for (int axis = 0; axis < shape.Rank; axis++)
            {
                proto.Dim.Add(DimensionOf(shape, output, axis, variants));
            }

            return proto;
        })];
    }

    private static Dimension DimensionOf(
        Shape usual, int output, int axis, (string Name, (int Size, ImmutableArray<Shape> Shapes)? Outputs)[] variants)
    {
        string? only = null;
        foreach ((string name, (int Size, ImmutableArray<Shape> Shapes)? tried) in variants)
        {
            if (tried is not { } other || other.Shapes[output].Rank != usual.Rank)
            {
                return new Dimension();
            }

            if (other.Shapes[output][axis] == usual[axis])
            {
                continue;
            }

            if (only is not null || other.Shapes[output][axis] != other.Size)
            {
                return new Dimension();
            }

            only = name;
        }

        return only is null ? new Dimension { DimValue = usual[axis] } : new Dimension { DimParam = only };
    }

    private bool TakesAnyBatch()
    {
        // Whatever batch the layers take, the first dimension of each output must be it.
        ImmutableArray<Shape> usual = OutputsFor([.. _shapes]);
        foreach (int batch in (ReadOnlySpan<int>)[2, 3])
        {
            if (TryOutputs([.. _shapes.Select(shape => shape.With(0, batch))]) is not { } outputs)
            {
                return false;
            }

            for (int i = 0; i < outputs.Length; i++)
            {
                if (usual[i].Rank == 0 || usual[i][0] != 1 || outputs[i] != usual[i].With(0, batch))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private IEnumerable<string> Names() =>
        _names.SelectMany(names => names).Select(name => name.Name).Distinct(StringComparer.Ordinal);

    // A length that no other dimension has, so that it is known again.
    private (int Size, ImmutableArray<Shape> Outputs)? TryOther(string name)
    {
        int usual = Sizes(name).First();
        foreach (int size in (ReadOnlySpan<int>)[usual + 2, usual * 2, usual + 32, usual * 3])
        {
            Shape[] shapes = [.. _shapes.Select((shape, i) => _names[i].Where(named => named.Name == name)
                .Aggregate(shape, (changed, named) => changed.With(named.Axis, size)))];
            if (TryOutputs(shapes) is { } outputs)
            {
                return (size, outputs);
            }
        }

        return null;
    }

    private IEnumerable<int> Sizes(string name) =>
        _names.SelectMany((names, i) => names.Where(named => named.Name == name).Select(named => _shapes[i][named.Axis]));

    private ImmutableArray<Shape>? TryOutputs(Shape[] inputs)
    {
        try
        {
            return OutputsFor(inputs);
        }
        catch (DwEngineException)
        {
            return null;
        }
    }

    private ImmutableArray<Shape> OutputsFor(Shape[] inputs)
    {
        GraphFacts facts = _graph.Infer(inputs);
        return [.. _graph.Outputs.Select(output => facts[output.Value].Shape)];
    }
}
