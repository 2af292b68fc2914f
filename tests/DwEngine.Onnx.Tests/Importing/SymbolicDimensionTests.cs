using DwEngine.Runtime;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Onnx.Tests.Importing;

public class SymbolicDimensionTests
{
    [Fact]
    public void A_batch_dimension_is_1_unless_a_session_says_otherwise()
    {
        using var model = new Model(new OnnxModel().Input("x", "N", 3).Node("Relu", "x", "y").Output("y").Load().Graph);
        Assert.Equal(new Shape(1, 3), model.DefaultInputShape);
        using Session one = model.CreateSession(), four = model.CreateSession(new SessionOptions { InputShape = new Shape(4, 3) });
        Assert.Equal(new Shape(1, 3), one.OutputShape);
        Assert.Equal(new Shape(4, 3), four.OutputShape);
    }

    [Fact]
    public void A_size_that_the_file_leaves_open_must_be_named()
    {
        OnnxModel file = new OnnxModel().Input("x", "N", 3, "height", "width")
            .Node("MaxPool", "x", "y", OnnxModel.Ints("kernel_shape", 2, 2), OnnxModel.Ints("strides", 2, 2)).Output("y");
        using var model = new Model(file.Load().Graph);
        ShapeException error = Assert.Throws<ShapeException>(() => model.CreateSession());
        Assert.Contains("'height', 'width'", error.Message, StringComparison.Ordinal);
        using Session session = model.CreateSession(new SessionOptions { InputShape = new Shape(2, 3, 10, 6) });
        Assert.Equal(new Shape(2, 3, 5, 3), session.OutputShape);
        using var sized = new Model(
            file.Load(new OnnxOptions { InputShapes = new Dictionary<string, Shape> { ["x"] = new Shape(1, 3, 8, 8) } }).Graph);
        using Session own = sized.CreateSession();
        Assert.Equal(new Shape(1, 3, 4, 4), own.OutputShape);
    }

    [Fact]
    public void Inputs_that_share_a_dimension_get_one_length()
    {
        using var model = new Model(new OnnxModel().Input("a", "N", 3).Input("b", "N", 3).Node("Add", "a b", "y").Output("y").Load().Graph);
        using Session session = model.CreateSession(Shapes(("a", new Shape(5, 3))));
        Assert.Equal(new Shape(5, 3), session.Inputs[1].Shape);
        Assert.Equal(new Shape(5, 3), session.OutputShape);
        ShapeException error = Assert.Throws<ShapeException>(
            () => model.CreateSession(Shapes(("a", new Shape(5, 3)), ("b", new Shape(4, 3)))));
        Assert.Contains("'N' is 5 in the input 'a' and 4 in the input 'b'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shapes_that_are_computed_follow_the_sizes_of_each_session()
    {
        using var model = new Model(new OnnxModel().Input("x", "N", 2, 3)
            .Constant("first", 0).Constant("rest", -1)
            .Node("Shape", "x", "s")
            .Node("Gather", "s first", "n")
            .Node("Concat", "n rest", "to", OnnxModel.Int("axis", 0))
            .Node("Reshape", "x to", "y").Output("y").Load().Graph);
        foreach (int batch in new[] { 1, 3 })
        {
            using Session session = model.CreateSession(new SessionOptions { InputShape = new Shape(batch, 2, 3) });
            Assert.Equal(new Shape(batch, 6), session.OutputShape);
        }
    }

    private static SessionOptions Shapes(params (string Name, Shape Shape)[] shapes) =>
        new() { InputShapes = shapes.ToDictionary(pair => pair.Name, pair => pair.Shape) };
}
