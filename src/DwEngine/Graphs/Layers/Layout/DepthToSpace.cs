using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Makes blocks of pixels of channels (ONNX, operator DepthToSpace; pixel shuffle): N x C x H x W becomes N x C / b^2 x H b x W b.
/// </summary>
/// <param name="blockSize">Rows and columns b of a block.</param>
/// <param name="columnRowDepth">
/// Whether the channels of a block follow one another (ONNX's mode CRD, PyTorch's PixelShuffle); else channels with one place in the
/// block do.
/// </param>
public sealed class DepthToSpace(int blockSize, bool columnRowDepth = false) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "DepthToSpace";

    /// <summary>Rows and columns of a block.</summary>
    public int BlockSize { get; } =
        blockSize is >= 1 and <= 1 << 15 ? blockSize : throw new GraphException($"expected a block of at least 1, found {blockSize}.");

    /// <summary>Whether the channels of a block follow one another.</summary>
    public bool ColumnRowDepth { get; } = columnRowDepth;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes =>
        [new("block_size", BlockSize), new("mode", ColumnRowDepth ? "CRD" : "DCR")];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        LayerChecks.RequireImage(input);
        int channels = input[1] / (BlockSize * BlockSize);
        return input[1] % (BlockSize * BlockSize) == 0 && (long)Math.Max(input[2], input[3]) * BlockSize <= int.MaxValue
            ? [new Fact(inputs[0].Type, new Shape(input[0], channels, input[2] * BlockSize, input[3] * BlockSize))]
            : throw new ShapeException($"expected channels that are a multiple of {BlockSize * BlockSize}, found input {input}.");
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape output = Infer([Fact.Of(inputs[0])])[0].Shape;
        return
        [
            RearrangeReference.Run(inputs[0], output, index =>
            {
                int place = (index[2] % BlockSize * BlockSize) + (index[3] % BlockSize);
                int channel = ColumnRowDepth ? (index[1] * BlockSize * BlockSize) + place : (place * output[1]) + index[1];
                return [index[0], channel, index[2] / BlockSize, index[3] / BlockSize];
            }),
        ];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape input = lowering.InputShape(0);
        int channels = lowering.OutputShape(0)[1];
        var parted = ColumnRowDepth
            ? new Shape(input[0], channels, BlockSize, BlockSize, input[2], input[3])
            : new Shape(input[0], BlockSize, BlockSize, channels, input[2], input[3]);
        ImmutableArray<int> order = ColumnRowDepth ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
        (Planes planes, int axes) = Rearrangement.Transpose(parted, order)
            .Place(lowering, lowering.Input(0, 2), 2, lowering.InputFact(0).Type);
        (planes, axes) = Reshaping.Place(lowering, planes, lowering.OutputFact(0));
        lowering.Alias(0, planes, axes);
    }
}
