using System.Runtime.InteropServices;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;
using static DwEngine.Onnx.Schema.TensorProto.Types;
using static DwEngine.Onnx.Tests.OnnxModel;

namespace DwEngine.Onnx.Tests.Operators;

/// <summary>Pools of powers and of bytes, bytes of floats, and what drops nothing.</summary>
public class PoolAndByteTests
{
    [Theory]
    [InlineData(ElementType.UInt8, 12)]
    [InlineData(ElementType.Int8, 22)]
    public void The_largest_of_bytes_is_a_byte(ElementType element, int opset)
    {
        DataType type = element == ElementType.Int8 ? DataType.Int8 : DataType.Uint8;
        OnnxModel model = new OnnxModel(opset).Input("x", type, 1, 1, 3, 3)
            .Node("MaxPool", "x", "y i", Ints("kernel_shape", 2, 2), Ints("pads", 1, 0, 0, 0)).Output("y", "i");
        byte[] bytes = [1, 200, 3, 128, 5, 255, 7, 100, 9];
        Tensor[] found = model.Run(("x", Tensor.FromBytes(element, new Shape(1, 1, 3, 3), bytes)));
        Assert.Equal((element, new Shape(1, 1, 3, 2)), (found[0].Type, found[0].Shape));
        (byte[] expected, long[] places) = element == ElementType.Int8
            ? ((byte[])[1, 3, 5, 5, 100, 100], (long[])[0, 2, 4, 4, 7, 7])
            : ([200, 200, 200, 255, 128, 255], [1, 1, 1, 5, 3, 5]);
        Assert.Equal(expected, found[0].Bytes);
        Assert.Equal(places, MemoryMarshal.Cast<byte, long>(found[1].Bytes));
    }

    [Fact]
    public void Bytes_have_no_pool_before_opset_12() => Assert.ThrowsAny<DwEngineException>(() => new OnnxModel(11)
        .Input("x", DataType.Uint8, 1, 1, 3, 3).Node("MaxPool", "x", "y", Ints("kernel_shape", 2, 2)).Output("y").Load());

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Pools_of_powers_are_roots_of_sums(int power)
    {
        var random = new Random(power);
        foreach ((int height, int stride, int pad, bool roundsUp, int dilation) in
            (ReadOnlySpan<(int, int, int, bool, int)>)
            [(5, 1, 0, false, 1), (6, 2, 1, false, 1), (6, 2, 0, true, 1), (8, 3, 0, true, 1), (7, 1, 1, false, 2)])
        {
            Tensor x = TestTensors.Random(random, new Shape(1, 2, height, height + 1));
            OnnxModel model = new OnnxModel(18).Input("x", 1, 2, height, height + 1).Output("y").Node(
                "LpPool", "x", "y", Ints("kernel_shape", 3, 3), Ints("strides", stride, stride), Ints("pads", pad, pad, pad, pad),
                Ints("dilations", dilation, dilation), Int("ceil_mode", roundsUp ? 1 : 0), Int("p", power));
            Tensor y = model.Run(("x", x))[0];
            int Length(int length) => ((length + (2 * pad) - (2 * dilation) - 1 + (roundsUp ? stride - 1 : 0)) / stride) + 1;
            Assert.Equal(new Shape(1, 2, Length(height), Length(height + 1)), y.Shape);
            for (int i = 0; i < y.Floats.Length; i++)
            {
                double expected = Math.Pow(SumOfPowers(x, i, y.Shape, stride, pad, dilation, power), 1.0 / power);
                Assert.Equal(expected, y.Floats[i], 1e-5);
            }
        }
    }

    [Theory]
    [InlineData("SAME_UPPER")]
    [InlineData("SAME_LOWER")]
    public void Pools_of_powers_pad_to_the_same_size(string mode)
    {
        Tensor x = Tensor.FromFloats(new Shape(1, 1, 1, 4), [3, -4, 0, 12]);
        OnnxModel model = new OnnxModel(11).Input("x", 1, 1, 1, 4).Output("y").Node(
            "LpPool", "x", "y", Ints("kernel_shape", 1, 2), Text("auto_pad", mode));
        double[] expected = mode == "SAME_UPPER" ? [5, 4, 12, 12] : [3, 5, 4, 12];
        float[] found = model.Run(("x", x))[0].Floats.ToArray();
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public void A_global_pool_of_powers_is_the_root_of_one_sum()
    {
        Tensor x = Tensor.FromFloats(new Shape(1, 1, 2, 2), [1, -2, 2, 4]);
        OnnxModel model = new OnnxModel(17).Input("x", 1, 1, 2, 2).Node("GlobalLpPool", "x", "y", Int("p", 2)).Output("y");
        Assert.Equal(5, model.Run(("x", x))[0].Floats[0], 1e-6);
    }

    // The first three are ONNX's own cases.
    [Theory]
    [InlineData(new float[] { 0, 2, -3, -2.5f, 1.34f, 0.5f }, new byte[] { 153, 255, 0, 26, 221, 179 }, 0.0196078438f, 153)]
    [InlineData(new float[] { -1, -2.1f, -1.3f, -2.5f, -3.34f, -4 }, new byte[] { 191, 121, 172, 96, 42, 0 }, 0.0156862754f, 255)]
    [InlineData(new float[] { 1, 2.1f, 1.3f, 2.5f, 3.34f, 4 }, new byte[] { 64, 134, 83, 159, 213, 255 }, 0.0156862754f, 0)]
    [InlineData(new float[] { 0, 0, 0, 0, 0, 0 }, new byte[] { 0, 0, 0, 0, 0, 0 }, 1, 0)]
    public void Numbers_become_bytes_of_a_scale_that_a_run_finds(float[] numbers, byte[] expected, float scale, byte zero)
    {
        OnnxModel model = new OnnxModel(11).Input("x", 2, 3).Node("DynamicQuantizeLinear", "x", "y s z").Output("y", "s", "z");
        Tensor x = Tensor.FromFloats(new Shape(2, 3), numbers);
        Tensor[] found = model.Run(("x", x));
        Assert.Equal(ElementType.UInt8, found[0].Type);
        Assert.Equal(expected, found[0].Bytes);
        Assert.Equal((new Shape(), scale), (found[1].Shape, found[1].Floats[0]));
        Assert.Equal((ElementType.UInt8, new Shape(), zero), (found[2].Type, found[2].Shape, found[2].Bytes[0]));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(22)]
    public void Dropout_drops_nothing(int opset)
    {
        Tensor x = Tensor.FromFloats(new Shape(1, 2), [3, 4]);
        OnnxModel model = new OnnxModel(opset).Input("x", 1, 2).Output("y", "m");
        model = opset < 12
            ? model.Node("Dropout", "x", "y m", opset < 7 ? [Float("ratio", 0.3f), Int("is_test", 1)] : [Float("ratio", 0.3f)])
            : model.Constant("r", new Shape(), 0.3f).Constant(Raw<byte>("t", DataType.Bool, new Shape(), 0))
                .Node("Dropout", "x r t", "y m", Int("seed", 5));
        Tensor[] found = model.Run(("x", x));
        Assert.Equal([3, 4], found[0].Floats);
        Assert.Equal(opset < 10 ? ElementType.Float32 : ElementType.Bool, found[1].Type);
        if (opset >= 12)
        {
            OnnxModel short1 = new OnnxModel(opset).Input("x", 1, 2).Node("Dropout", "x", "y").Output("y");
            Assert.Equal([3, 4], short1.Run(("x", x))[0].Floats);
        }
    }

    [Fact]
    public void Dropout_in_training_is_refused()
    {
        OnnxModel model = new OnnxModel(13).Input("x", 1, 2).Constant(Raw<byte>("t", DataType.Bool, new Shape(), 1))
            .Node("Dropout", "x - t", "y").Output("y");
        Assert.Contains("training_mode", Assert.Throws<OnnxUnsupportedException>(() => model.Load()).Message, StringComparison.Ordinal);
        model = new OnnxModel(6).Input("x", 1, 2).Node("Dropout", "x", "y", Int("is_test", 0)).Output("y");
        Assert.Contains("is_test", Assert.Throws<OnnxUnsupportedException>(() => model.Load()).Message, StringComparison.Ordinal);
    }

    private static double SumOfPowers(Tensor x, int place, Shape output, int stride, int pad, int dilation, int power)
    {
        int column = place % output[3], row = place / output[3] % output[2], channel = place / output[3] / output[2];
        double sum = 0;
        for (int i = 0; i < 9; i++)
        {
            int y = (row * stride) - pad + (i / 3 * dilation), left = (column * stride) - pad + (i % 3 * dilation);
            if (y >= 0 && y < x.Shape[2] && left >= 0 && left < x.Shape[3])
            {
                sum += Math.Pow(Math.Abs(x.Floats[(((channel * x.Shape[2]) + y) * x.Shape[3]) + left]), power);
            }
        }

        return sum;
    }
}
