using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Onnx.Tests.Importing;

public class UnsupportedTests
{
    [Fact]
    public void All_nodes_that_cannot_be_computed_are_named_at_once()
    {
        OnnxModel model = new OnnxModel(13).Input("x", 1, 2, 4, 4)
            .Node("Foo", "x", "a")
            .Node("MaxPool", "a", "b -", OnnxModel.Ints("kernel_shape", 2, 2), OnnxModel.Text("auto_pad", "NEVER"))
            .Node("Mish", "b", "c")
            .Node("Relu", "c", "d", OnnxModel.Int("new_attribute", 1))
            .Output("d");
        model.Graph.Node[0].Domain = "com.example";
        OnnxUnsupportedException error = Assert.Throws<OnnxUnsupportedException>(() => model.Load());
        Assert.Equal(["Foo_0", "MaxPool_1", "Mish_2", "Relu_3"], error.Nodes.Select(node => node.Node));
        Assert.StartsWith(
            "test.onnx: 4 nodes are not supported: node 'Foo_0' (com.example.Foo, opset 0): ", error.Message, StringComparison.Ordinal);
        Assert.Contains("node 'MaxPool_1' (MaxPool, opset 13): auto_pad = 'NEVER'", error.Message, StringComparison.Ordinal);
        Assert.Contains("node 'Mish_2' (Mish, opset 13): the operator is not supported in this opset (from 18 on)", error.Message,
            StringComparison.Ordinal);
        Assert.Contains("the attribute new_attribute", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_many_nodes_lack_is_told_once()
    {
        const int Nodes = 200;
        OnnxModel model = new OnnxModel(13).Input("x", 1);
        for (int i = 0; i < Nodes; i++)
        {
            model = model.Node("Foo", i == 0 ? "x" : $"y{i - 1}", $"y{i}");
        }

        OnnxUnsupportedException error = Assert.Throws<OnnxUnsupportedException>(() => model.Output($"y{Nodes - 1}").Load());

        Assert.Equal(Nodes, error.Nodes.Length);
        Assert.Contains("200 nodes 'Foo_0', 'Foo_1', 'Foo_2', and 197 more (Foo, opset 13): ", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Message.Length, 1, 300);
    }

    [Fact]
    public void Weights_that_are_inputs_are_told_and_can_be_made_constant()
    {
        OnnxModel model = new OnnxModel().Input("x", 1, 1, 2, 2).Input("w", 1, 1, 1, 1).Node("Conv", "x w", "y").Output("y");
        OnnxUnsupportedException error = Assert.Throws<OnnxUnsupportedException>(() => model.Load());
        Assert.Equal("w", Assert.Single(error.Nodes).Input);
        OnnxNetwork network = model.Load(new OnnxOptions
        {
            Constants = new Dictionary<string, Tensor> { ["w"] = Tensor.FromFloats(new Shape(1, 1, 1, 1), [2]) },
        });
        Assert.Equal("x", Assert.Single(network.Graph.Inputs).Name);
    }

    [Fact]
    public void Nodes_that_no_output_depends_on_are_left_alone()
    {
        OnnxModel model = new OnnxModel().Input("x", 1).Node("Foo", "x", "unused").Node("Relu", "x", "y").Output("y");
        Assert.Equal("Relu_1", Assert.Single(model.Load().Graph.Nodes).Name);
    }
}
