using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>Puts the axes of its input in another order (ONNX, operator Transpose).</summary>
public sealed class Transpose : RearrangingLayer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="permutation">For each output axis the input's axis.</param>
    /// <exception cref="GraphException">The axes are no permutation of 0, 1, 2 and so on.</exception>
    public Transpose(params ImmutableArray<int> permutation)
    {
        Permutation = permutation.IsDefault ? [] : permutation;
        if (!Permutation.Order().SequenceEqual(Enumerable.Range(0, Permutation.Length)))
        {
            throw new GraphException($"expected each axis once, found [{string.Join(", ", Permutation)}].");
        }
    }

    /// <inheritdoc/>
    public override string Kind => "Transpose";

    /// <summary>For each output axis the input's axis.</summary>
    public ImmutableArray<int> Permutation { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("permutation", Permutation)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        LayerChecks.RequireNotEmpty(input);
        return input.Rank == Permutation.Length
            ? [new Fact(inputs[0].Type, new Shape([.. Permutation.Select(axis => input[axis])]))]
            : throw new ShapeException($"expected an input of {Words.Count(Permutation.Length, "dimension")}, found {input}.");
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => Permutation is [0, ..];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) =>
    [
        RearrangeReference.Run(inputs[0], Infer([Fact.Of(inputs[0])])[0].Shape, output =>
        {
            int[] input = new int[output.Length];
            for (int axis = 0; axis < output.Length; axis++)
            {
                input[Permutation[axis]] = output[axis];
            }

            return input;
        }),
    ];

    private protected override (Rearrangement Rearrangement, ulong Fill) Rearrange(ReadOnlySpan<Fact> inputs) =>
        (Rearrangement.Transpose(inputs[0].Shape, Permutation), 0);
}
