using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Elementwise;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>A function of two inputs of type <see cref="ElementType.Bool"/>, which broadcast as those of <see cref="Binary"/>.</summary>
public sealed class Logical : Layer
{
    private readonly LogicalOperation _operation;

    /// <summary>Creates the layer.</summary>
    /// <param name="operation">The function's name: <c>And</c>, <c>Or</c> or <c>Xor</c>.</param>
    /// <exception cref="GraphException">There is no such function.</exception>
    public Logical(string operation) => _operation = Enum.GetNames<LogicalOperation>().Contains(operation)
        ? Enum.Parse<LogicalOperation>(operation)
        : throw new GraphException(
            $"'{operation}' is no logical function; there are {string.Join(", ", Enum.GetNames<LogicalOperation>())}.");

    /// <inheritdoc/>
    public override string Kind => _operation.ToString();

    /// <inheritdoc/>
    public override int MinimumInputs => 2;

    /// <inheritdoc/>
    public override int MaximumInputs => 2;

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        foreach (Fact input in inputs)
        {
            if (input.Type != ElementType.Bool)
            {
                throw new ShapeException($"expected a Bool input, found {input}.");
            }
        }

        return [new Fact(ElementType.Bool, Broadcasting.ShapeOf(inputs))];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => Broadcasting.KeepsImagesApart(inputs);

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        (Tensor left, Tensor right) = (inputs[0], inputs[1]);
        Shape shape = Broadcasting.ShapeOf(LayerChecks.FactsOf(inputs));
        int[] lefts = Broadcasting.Positions(left.Shape, shape, 0), rights = Broadcasting.Positions(right.Shape, shape, 0);
        byte[] output = new byte[lefts.Length];
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = LogicalKernel.Apply(_operation, left.Bytes[lefts[i]] != 0, right.Bytes[rights[i]] != 0) ? (byte)1 : (byte)0;
        }

        return [Tensor.FromBytes(ElementType.Bool, shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        (Planes[] operands, int axes) = Broadcasting.LayOut(lowering);
        Planes output = lowering.Allocate(0, axes);
        bool repeatsLeft = operands[0].Length < output.Length, repeatsRight = operands[1].Length < output.Length;
        lowering.Emit(new LogicalProblem(_operation, output.Count, output.Length, repeatsLeft, repeatsRight), operands, output);
    }
}
