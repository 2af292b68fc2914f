using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Elementwise;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// A function of each element on its own, such as an activation. The result has the input's shape. Elements are Float32, or whole numbers
/// where the function has a form for these.
/// </summary>
public sealed class Unary : Layer
{
    private readonly UnaryEntry _entry;
    private readonly ImmutableArray<float> _parameters;
    private readonly IUnaryOperator _operator;

    /// <summary>Creates the layer.</summary>
    /// <param name="operation">The function's name, such as <c>LeakyRelu</c>: ONNX's where ONNX has the function.</param>
    /// <param name="parameters">Numbers that it is made with, such as <c>alpha</c>; those that are not given have ONNX's defaults.</param>
    /// <exception cref="GraphException">There is no such function, or it has no such parameter, or one is NaN or given twice.</exception>
    public Unary(string operation, params ReadOnlySpan<(string Name, double Value)> parameters)
        : this(
            OperatorTable.Find<UnaryEntry>(operation)
                ?? throw new GraphException(
                    $"'{operation}' is no function of one number; there are {OperatorTable.NamesOf<UnaryEntry>()}."),
            parameters)
    {
    }

    private Unary(UnaryEntry entry, params ReadOnlySpan<(string Name, double Value)> parameters)
    {
        _entry = entry;
        ImmutableArray<OperatorParameter> known = entry.Traits.Parameters;
        float[] values = [.. known.Select(parameter => parameter.Default)];
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string name, double value) in parameters)
        {
            int index = Enumerable.Range(0, known.Length).FirstOrDefault(i => known[i].Name == name, -1);
            if (index < 0 || double.IsNaN(value) || !given.Add(name))
            {
                string names = string.Join(", ", known.Select(parameter => parameter.Name));
                throw new GraphException($"expected for {entry} at most one number for each of [{names}], found {name} {value}.");
            }

            values[index] = (float)value;
        }

        _parameters = [.. values];
        _operator = entry.Create(values);
    }

    /// <inheritdoc/>
    public override string Kind => _entry.Traits.Name;

    /// <summary>The clamp that is the same function, or null if none is.</summary>
    public Clamp? Clamp => _operator.AsClamp;

    /// <summary>The same function as one that a layer applies to its own results, or null if no layer does that.</summary>
    public Activation? AsActivation => Activation.Of(_operator);

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes =>
        [.. _entry.Traits.Parameters.Zip(_parameters, (parameter, value) => new LayerAttribute(parameter.Name, (double)value))];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        bool isFloat = WholeNumbers.RequireType(Kind, inputs) == ElementType.Float32;
        return isFloat && GraphFacts.CanFold(inputs[0].Constant)
            ? [Fact.Of(Compute(inputs[0].Constant!, x => _entry.Apply(_operator, x)))]
            : [inputs[0] with { Constant = null }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) =>
    [
        inputs[0].Type == ElementType.Float32
            ? Compute(inputs[0], x => (float)_operator.Exact(x))
            : WholeNumbers.Reference(Kind, inputs[0], inputs[0]),
    ];

    internal override void Lower(ILowering lowering)
    {
        if (lowering.InputFact(0).Type != ElementType.Float32)
        {
            WholeNumbers.Lower(Kind, lowering);
            return;
        }

        int axes = Broadcasting.JoinedAxes(lowering, 0);
        Planes input = lowering.Input(0, axes);
        lowering.Emit(new UnaryProblem(_operator, input.Count, input.Length), [input], lowering.Allocate(0, axes));
    }

    // Relu is made without the table: a network that has no other function need not load them all.
    internal static Unary Of<TOperator>(params ReadOnlySpan<(string Name, double Value)> parameters)
        where TOperator : struct, IUnaryOperator<TOperator> => new(UnaryEntry<TOperator>.Instance, parameters);

    private static Tensor Compute(Tensor input, Func<float, float> function)
    {
        float[] output = NewBuffer(input.Shape);
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = function(input.Floats[i]);
        }

        return Tensor.FromFloats(input.Shape, output);
    }
}
