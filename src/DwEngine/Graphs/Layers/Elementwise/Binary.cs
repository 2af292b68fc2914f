using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Elementwise;
using DwEngine.Kernels.Elementwise.Operators;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// A function of the elements of two inputs at the same place. The inputs broadcast as in NumPy: axes are counted from the last, and one
/// of length 1, or that is missing, repeats its elements. Both are Float32, or of one type of whole numbers where the function has a form
/// for these; results that such an element has no room for wrap around, and what is divided by 0 is 0.
/// </summary>
public sealed class Binary : Layer, IActivatedLayer
{
    private readonly BinaryEntry _entry;

    /// <summary>Creates the layer.</summary>
    /// <param name="operation">The function's name, such as <c>Add</c>: ONNX's.</param>
    /// <param name="epilogue">What is done to each result; nothing if null.</param>
    /// <exception cref="GraphException">There is no such function.</exception>
    public Binary(string operation, Activation? epilogue = null)
        : this(
            OperatorTable.Find<BinaryEntry>(operation)
                ?? throw new GraphException(
                    $"'{operation}' is no function of two numbers; there are {OperatorTable.NamesOf<BinaryEntry>()}."),
            epilogue)
    {
    }

    private Binary(BinaryEntry entry, Activation? epilogue)
    {
        _entry = entry;
        Epilogue = epilogue ?? Activation.None;
    }

    /// <inheritdoc/>
    public override string Kind => _entry.Traits.Name;

    /// <summary>Whether it adds its operands.</summary>
    public bool IsAddition => _entry.Operator is Add;

    /// <inheritdoc/>
    public override int MinimumInputs => 2;

    /// <inheritdoc/>
    public override int MaximumInputs => 2;

    /// <inheritdoc/>
    public Activation Epilogue { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [.. LayerAttribute.Of(Epilogue)];

    /// <inheritdoc/>
    public Layer WithEpilogue(Activation epilogue) => new Binary(_entry, epilogue);

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        ElementType type = WholeNumbers.RequireType(Kind, inputs);
        Shape shape = Broadcasting.ShapeOf(inputs);
        if (type != ElementType.Float32)
        {
            return Epilogue == Clamp.None
                ? [new Fact(type, shape)]
                : throw new ShapeException($"expected Float32 inputs for an epilogue, found {inputs[0]}.");
        }

        return GraphFacts.CanFold(inputs[0].Constant) && GraphFacts.CanFold(inputs[1].Constant) && GraphFacts.CanFold(shape)
            ? [Fact.Of(Compute(shape, inputs[0].Constant!, inputs[1].Constant!, Fold))]
            : [shape];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => Broadcasting.KeepsImagesApart(inputs);

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) =>
    [
        inputs[0].Type != ElementType.Float32 ? WholeNumbers.Reference(Kind, inputs[0], inputs[1]) : Compute(
            Broadcasting.ShapeOf(LayerChecks.FactsOf(inputs)),
            inputs[0],
            inputs[1],
            (a, b) => ActivationReference.Apply((float)_entry.Operator.Exact(a, b), Epilogue)),
    ];

    internal override void Lower(ILowering lowering)
    {
        if (lowering.InputFact(0).Type != ElementType.Float32)
        {
            WholeNumbers.Lower(Kind, lowering);
            return;
        }

        (Planes[] operands, int axes) = Broadcasting.LayOut(lowering);
        Planes output = lowering.Allocate(0, axes);
        bool repeatsLeft = operands[0].Length < output.Length, repeatsRight = operands[1].Length < output.Length;
        lowering.Emit(
            new BinaryProblem(_entry.Operator, output.Count, output.Length, repeatsLeft, repeatsRight, Epilogue), operands, output);
    }

    private float Fold(float a, float b) => Epilogue.Apply(_entry.Apply(a, b));

    // Made without the table, as Unary.Of.
    internal static Binary Of<TOperator>(Activation? epilogue = null)
        where TOperator : struct, IBinaryOperator<TOperator> => new(BinaryEntry<TOperator>.Instance, epilogue);

    private static Tensor Compute(Shape shape, Tensor left, Tensor right, Func<float, float, float> function)
    {
        float[] output = NewBuffer(shape);
        int[] lefts = Broadcasting.Positions(left.Shape, shape, 0), rights = Broadcasting.Positions(right.Shape, shape, 0);
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = function(left.Floats[lefts[i]], right.Floats[rights[i]]);
        }

        return Tensor.FromFloats(shape, output);
    }
}
