using DwEngine.Fuzz.Mutation;
using DwEngine.Onnx;
using DwEngine.Onnx.Tests;
using DwEngine.Tensors;

namespace DwEngine.Fuzz.Readers;

/// <summary>An ONNX network. What is read is well formed, which the graph's own checks hold.</summary>
internal sealed class OnnxTarget : FuzzTarget
{
    public override string Name => "onnx";

    public override IReadOnlyList<byte[]> Corpus { get; } = [Convolution(), Shapes()];

    public override byte[] Mutate(byte[] input, byte[] other, Random random) => ByteMutations.Any(input, other, random);

    // Four times the file and 64 MiB are held at most; what the attempts at several sizes let go counts here, too.
    public override long AllocationLimit(int inputLength) => (512L << 20) + (64L * inputLength);

    public override void Run(byte[] input) => OnnxFile.Load(new MemoryStream(input), "fuzz.onnx").Graph.Infer();

    private static byte[] Convolution() => new OnnxModel(13)
        .Input("x", "N", 2, 4, 4)
        .Constant("w", new Shape(2, 2, 3, 3), new float[36])
        .Constant("b", new Shape(2), 1, 2)
        .Node("Conv", "x w b", "c", OnnxModel.Ints("pads", 1, 1, 1, 1), OnnxModel.Ints("strides", 2, 2))
        .Node("Relu", "c", "r")
        .Node("MaxPool", "r", "p", OnnxModel.Ints("kernel_shape", 2, 2), OnnxModel.Text("auto_pad", "SAME_UPPER"))
        .Node("Flatten", "p", "y")
        .Output("y").Bytes;

    private static byte[] Shapes() => new OnnxModel(17)
        .Input("x", "N", 2, "height")
        .Constant("first", 0).Constant("rest", -1)
        .Node("Shape", "x", "s")
        .Node("Gather", "s first", "n")
        .Node("Concat", "n rest", "to", OnnxModel.Int("axis", 0))
        .Node("Reshape", "x to", "a")
        .Node("Clip", "a", "y")
        .Output("y", "x").Bytes;
}
