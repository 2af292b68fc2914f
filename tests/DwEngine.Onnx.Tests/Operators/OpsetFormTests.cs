using DwEngine.Tensors;
using Xunit;
using static DwEngine.Onnx.Tests.OnnxModel;

namespace DwEngine.Onnx.Tests.Operators;

/// <summary>One operator said in the ways of different opsets: the answers are the same.</summary>
public class OpsetFormTests
{
    private static readonly Tensor s_row = Tensor.FromFloats(new Shape(1, 4), [-2, 0.5f, 3, 8]);
    private static readonly Tensor s_image = Tensor.FromFloats(new Shape(1, 1, 2, 3), [1, 2, 3, 4, 5, 6]);

    [Theory]
    [InlineData(6)]
    [InlineData(11)]
    [InlineData(13)]
    public void Clip_has_its_limits_as_attributes_or_as_inputs(int opset)
    {
        OnnxModel model = Of(opset, s_row);
        model = opset < 11
            ? model.Node("Clip", "x", "y", Float("min", 0), Float("max", 6))
            : model.Constant("low", new Shape(), 0).Constant("high", new Shape(), 6).Node("Clip", "x low high", "y");
        Check(model, s_row, [0, 0.5f, 3, 6]);
    }

    [Fact]
    public void Clip_may_leave_out_either_limit()
    {
        Check(Of(13, s_row).Constant("high", new Shape(), 6).Node("Clip", "x - high", "y"), s_row, [-2, 0.5f, 3, 6]);
        Check(Of(13, s_row).Constant("low", new Shape(), 0).Node("Clip", "x low", "y"), s_row, [0, 0.5f, 3, 8]);
        Check(Of(13, s_row).Node("Clip", "x", "y"), s_row, [-2, 0.5f, 3, 8]);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(10)]
    public void Slice_has_its_bounds_as_attributes_or_as_inputs(int opset)
    {
        OnnxModel model = Of(opset, s_image);
        model = opset < 10
            ? model.Node("Slice", "x", "y", Ints("axes", 3), Ints("starts", -2), Ints("ends", int.MaxValue))
            : model.Constant("s", -2).Constant("e", long.MaxValue).Constant("a", -1).Node("Slice", "x s e a", "y");
        Check(model, s_image, [2, 3, 5, 6]);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(13)]
    public void Squeeze_and_Unsqueeze_have_their_axes_as_attributes_or_as_inputs(int opset)
    {
        OnnxModel model = Of(opset, s_image);
        model = opset < 13
            ? model.Node("Squeeze", "x", "s", Ints("axes", 0, 1)).Node("Unsqueeze", "s", "y", Ints("axes", 0, 3))
            : model.Constant("a", 0, 1).Constant("b", 0, -1).Node("Squeeze", "x a", "s").Node("Unsqueeze", "s b", "y");
        Assert.Equal(new Shape(1, 2, 3, 1), Check(model, s_image, [1, 2, 3, 4, 5, 6]).Shape);
    }

    [Theory]
    [InlineData(11, "ReduceSum")]
    [InlineData(13, "ReduceSum")]
    [InlineData(13, "ReduceMean")]
    [InlineData(18, "ReduceMean")]
    public void Reductions_have_their_axes_as_attributes_or_as_inputs(int opset, string type)
    {
        OnnxModel model = Of(opset, s_image);
        model = opset < (type == "ReduceSum" ? 13 : 18)
            ? model.Node(type, "x", "y", Ints("axes", 2), Int("keepdims", 0))
            : model.Constant("a", 2).Node(type, "x a", "y", Int("keepdims", 0));
        Check(model, s_image, type == "ReduceSum" ? [5, 7, 9] : [2.5f, 3.5f, 4.5f]);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(11)]
    [InlineData(18)]
    public void Pad_has_its_lengths_as_attributes_or_as_inputs(int opset)
    {
        OnnxModel model = Of(opset, s_row);
        model = opset switch
        {
            < 11 => model.Node("Pad", "x", "y", Ints("pads", 0, 1, 0, 2), Float("value", 7)),
            < 18 => model.Constant("p", 0, 1, 0, 2).Constant("v", new Shape(), 7).Node("Pad", "x p v", "y"),
            _ => model.Constant("p", 1, 2).Constant("v", new Shape(), 7).Constant("a", -1).Node("Pad", "x p v a", "y"),
        };
        Check(model, s_row, [7, -2, 0.5f, 3, 8, 7, 7]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(13)]
    public void Reshape_has_its_shape_as_an_attribute_or_as_an_input(int opset)
    {
        OnnxModel model = Of(opset, s_image);
        model = opset < 5
            ? model.Node("Reshape", "x", "y", Ints("shape", 0, -1))
            : model.Constant("s", 0, -1).Node("Reshape", "x s", "y");
        Assert.Equal(new Shape(1, 6), Check(model, s_image, [1, 2, 3, 4, 5, 6]).Shape);
    }

    private static OnnxModel Of(int opset, Tensor x) =>
        new OnnxModel(opset).Input("x", [.. x.Shape.Dimensions.ToArray().Select(length => (object)length)]).Output("y");

    private static Tensor Check(OnnxModel model, Tensor x, float[] expected)
    {
        Tensor y = Assert.Single(model.Run(("x", x)));
        Assert.Equal(expected, y.Floats.ToArray());
        return y;
    }
}
