using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Makes channels of blocks of pixels (ONNX, operator SpaceToDepth): N x C x H x W becomes N x C b^2 x H / b x W / b. Channels with one
/// place in the block follow one another.
/// </summary>
/// <param name="blockSize">Rows and columns b of a block.</param>
public sealed class SpaceToDepth(int blockSize) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "SpaceToDepth";

    /// <summary>Rows and columns of a block.</summary>
    public int BlockSize { get; } =
        blockSize is >= 1 and <= 1 << 15 ? blockSize : throw new GraphException($"expected a block of at least 1, found {blockSize}.");

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("block_size", BlockSize)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        LayerChecks.RequireImage(input);
        return input[2] % BlockSize == 0 && input[3] % BlockSize == 0 && (long)input[1] * BlockSize * BlockSize <= int.MaxValue
            ? [new Fact(inputs[0].Type, new Shape(input[0], input[1] * BlockSize * BlockSize, input[2] / BlockSize, input[3] / BlockSize))]
            : throw new ShapeException($"expected rows and columns that are multiples of {BlockSize}, found input {input}.");
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape input = inputs[0].Shape;
        return
        [
            RearrangeReference.Run(inputs[0], Infer([Fact.Of(inputs[0])])[0].Shape, index =>
            {
                int place = index[1] / input[1];
                return
                [
                    index[0],
                    index[1] % input[1],
                    (index[2] * BlockSize) + (place / BlockSize),
                    (index[3] * BlockSize) + (place % BlockSize),
                ];
            }),
        ];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape input = lowering.InputShape(0), output = lowering.OutputShape(0);
        var parted = new Shape(input[0], input[1], output[2], BlockSize, output[3], BlockSize);
        (Planes planes, int axes) = Rearrangement.Transpose(parted, [0, 3, 5, 1, 2, 4])
            .Place(lowering, lowering.Input(0, 2), 4, lowering.InputFact(0).Type);
        (planes, axes) = Reshaping.Place(lowering, planes, lowering.OutputFact(0));
        lowering.Alias(0, planes, axes);
    }
}
