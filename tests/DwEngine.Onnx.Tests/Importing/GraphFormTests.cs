using DwEngine.Graphs;
using DwEngine.Onnx.Schema;
using DwEngine.Runtime;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Onnx.Tests.Importing;

/// <summary>The forms that graphs have in files.</summary>
public class GraphFormTests
{
    [Fact]
    public void Nodes_without_names_bear_those_of_their_outputs()
    {
        OnnxModel model = new OnnxModel().Input("x", 1).Node("Relu", "x", "a").Node("Relu", "a", "y").Output("y");
        foreach (NodeProto node in model.Graph.Node)
        {
            node.Name = "";
        }

        Assert.Equal(["a", "y"], model.Load().Graph.Nodes.Select(node => node.Name));
    }

    [Fact]
    public void Names_that_occur_twice_are_made_unique()
    {
        OnnxModel model = new OnnxModel().Input("x", 1).Node("Relu", "x", "a").Node("Relu", "a", "y").Output("y");
        model.Graph.Node[0].Name = model.Graph.Node[1].Name = "x";
        Assert.Equal(2, model.Load().Graph.Nodes.Select(node => node.Name).Distinct().Count());
    }

    [Fact]
    public void Nodes_may_stand_in_any_order()
    {
        OnnxModel model = new OnnxModel().Input("x", 1).Node("Neg", "a", "y").Node("Abs", "x", "a").Output("y");
        Assert.Equal([-2], Run(model, [-2]));
    }

    [Fact]
    public void An_input_that_has_an_initialiser_is_a_constant()
    {
        OnnxModel model = new OnnxModel().Input("x", 1).Input("w", 1).Constant("w", new Shape(1), 3).Node("Add", "x w", "y").Output("y");
        Assert.Equal("x", Assert.Single(model.Load().Graph.Inputs).Name);
        Assert.Equal([5], Run(model, [2]));
    }

    [Fact]
    public void Outputs_may_be_inputs_initialisers_and_values_from_the_middle()
    {
        OnnxModel model = new OnnxModel().Input("x", 2).Constant("w", new Shape(2), 3, 4)
            .Node("Neg", "x", "a").Node("Add", "a w", "y").Output("y", "x", "w", "a");
        using var network = new Model(model.Load().Graph);
        using Session session = network.CreateSession();
        session.Input<float>("x")[0] = 1;
        session.Input<float>("x")[1] = 2;
        session.Run();
        Assert.Equal(["y", "x", "w", "a"], session.Outputs.Select(output => output.Name));
        Assert.Equal([2, 2], session.Output<float>("y").ToArray());
        Assert.Equal([1, 2], session.Output<float>("x").ToArray());
        Assert.Equal([3, 4], session.Output<float>("w").ToArray());
        Assert.Equal([-1, -2], session.Output<float>("a").ToArray());
    }

    [Fact]
    public void What_follows_from_constants_alone_is_computed_when_the_file_is_read()
    {
        OnnxModel model = new OnnxModel().Input("x", 2).Constant("a", new Shape(2), 1, 2).Constant("b", new Shape(2), 3, 4)
            .Node("Add", "a b", "c").Node("Mul", "x c", "y").Output("y");
        Graph graph = model.Load().Graph;
        Assert.Equal(["Constant", "Mul"], graph.Nodes.Select(node => node.Layer.Kind));
        Assert.Equal([8, 18], Run(model, [2, 3]));
    }

    [Fact]
    public void What_the_file_says_beside_the_graph_is_kept()
    {
        OnnxModel model = new OnnxModel(12).Input("x", 1).Node("Relu", "x", "y").Output("y");
        model.Proto.ProducerVersion = "1.2";
        model.Proto.MetadataProps.Add(new StringStringEntryProto { Key = "author", Value = "me" });
        OnnxNetwork network = model.Load();
        Assert.Equal("test 1.2", network.Producer);
        Assert.Equal((12, 8, 1), (network.Opset, network.FormatVersion, network.NodeCount));
        Assert.Equal("me", network.Properties["author"]);
    }

    private static float[] Run(OnnxModel model, float[] input)
    {
        using var network = new Model(model.Load().Graph);
        using Session session = network.CreateSession();
        float[] output = new float[session.OutputShape.ElementCount];
        session.Run(input, output);
        return output;
    }
}
