using System.Runtime.InteropServices;
using DwEngine.Files;
using DwEngine.Graphs;
using DwEngine.Onnx.Operators;
using DwEngine.Onnx.Tests.Exporting;
using DwEngine.Runtime;
using DwEngine.Tensors;
using Xunit;
using static DwEngine.Onnx.Schema.TensorProto.Types;
using static DwEngine.Onnx.Tests.OnnxModel;

namespace DwEngine.Onnx.Tests.Operators;

/// <summary>Operators whose number of results, or whose places, only a run tells. The cases are those of ONNX's own tests.</summary>
public class SelectingTests
{
    private static readonly float[] s_corners =
        [0, 0, 1, 1, 0, 0.1f, 1, 1.1f, 0, -0.1f, 1, 0.9f, 0, 10, 1, 11, 0, 10.1f, 1, 11.1f, 0, 100, 1, 101];

    private static readonly float[] s_flipped =
        [1, 1, 0, 0, 0, 0.1f, 1, 1.1f, 0, 0.9f, 1, -0.1f, 0, 10, 1, 11, 1, 10.1f, 0, 11.1f, 1, 101, 0, 100];

    private static readonly float[] s_centers =
        [0.5f, 0.5f, 1, 1, 0.5f, 0.6f, 1, 1, 0.5f, 0.4f, 1, 1, 0.5f, 10.5f, 1, 1, 0.5f, 10.6f, 1, 1, 0.5f, 100.5f, 1, 1];

    private static readonly float[] s_scores = [0.9f, 0.75f, 0.6f, 0.95f, 0.5f, 0.3f];

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(19)]
    public void NonMaxSuppression_takes_all_its_forms(int opset)
    {
        Check(opset, s_corners, 1, 1, 3, 0.5f, 0, false, 0, 0, 3, 0, 0, 0, 0, 0, 5);
        Check(opset, s_flipped, 1, 1, 3, 0.5f, 0, false, 0, 0, 3, 0, 0, 0, 0, 0, 5);
        Check(opset, s_centers, 1, 1, 3, 0.5f, 0, true, 0, 0, 3, 0, 0, 0, 0, 0, 5);
        Check(opset, s_corners, 1, 1, 2, 0.5f, 0, false, 0, 0, 3, 0, 0, 0);
        Check(opset, s_corners, 1, 1, 3, 0.5f, 0.4f, false, 0, 0, 3, 0, 0, 0);
        Check(opset, s_corners, 1, 1, long.MaxValue, 0.5f, null, false, 0, 0, 3, 0, 0, 0, 0, 0, 5);
        Check(opset, s_corners, 2, 1, 2, 0.5f, 0, false, 0, 0, 3, 0, 0, 0, 1, 0, 3, 1, 0, 0);
        Check(opset, s_corners, 1, 2, 2, 0.5f, 0, false, 0, 0, 3, 0, 0, 0, 0, 1, 3, 0, 1, 0);
        Check(opset, [.. Enumerable.Range(0, 6).SelectMany(_ => (float[])[0, 0, 1, 1])], 1, 1, 3, 0.5f, 0, false, 0, 0, 3);
        Check(opset, s_corners, 1, 1, 3, 0.5f, 1, false);
        // Left out, the number of boxes is 0.
        Check(opset, s_corners, 1, 1, null, null, null, false);
    }

    [Fact]
    public void What_reads_the_rows_that_are_left_is_named()
    {
        OnnxModel model = Suppression(11, 1, 1, 3, 0.5f, 0, false).Constant("one", 2).Node("Gather", "y one", "z", Int("axis", 1));
        model.Graph.Output[0].Name = "z";
        OnnxUnsupportedException error = Assert.Throws<OnnxUnsupportedException>(() => model.Load());
        Assert.Equal("Gather_1", Assert.Single(error.Nodes).Node);
        Assert.Contains("whose number of rows only a run tells", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_operator_takes_rows_that_may_not_be_there()
    {
        string[] names = [.. OperatorRegistry.All.Select(entry => entry.Name).Distinct()];
        var told = new HashSet<string>();
        foreach (string name in names)
        {
            foreach (string inputs in (string[])["y", "y i", "x y", "x y y", "x i y", "y y", "y i i"])
            {
                OnnxModel model = Suppression(13, 1, 1, 2, 0.5f, null, false).Input("x", 6, 3).Constant("i", 0);
                model.Node(name, inputs, "z").Output("z");
                try
                {
                    Graph graph = model.Load().Graph;
                    GraphFacts facts = graph.Infer();
                    // What changes nothing hands the rows on, as they are.
                    Assert.True(inputs != "y" || graph.Outputs.All(output => facts[output.Value].HasPaddedRows), $"{name} {inputs}");
                    Assert.DoesNotContain(graph.Nodes.SelectMany(node => node.Inputs), value => facts[value].HasPaddedRows);
                }
                catch (OnnxUnsupportedException error)
                {
                    Assert.Equal($"{name}_1", Assert.Single(error.Nodes).Node);
                    if (error.Message.Contains("'NonMaxSuppression_0', whose number of rows only a run tells", StringComparison.Ordinal))
                    {
                        told.Add($"{name} {inputs}");
                    }
                }
                catch (FileFormatException error)
                {
                    Assert.StartsWith($"node '{name}_1'", error.Location, StringComparison.Ordinal);
                }
            }
        }

        string[] expected =
        [
            "Gather y i", "Gather x y", "GatherND x y", "GatherElements x y", "Shape y", "Size y", "Squeeze y", "Reshape y i",
            "Slice y i i",
            "Transpose y", "Unsqueeze y i", "Flatten y", "Where x y y", "Add x y", "ReduceMax y",
            "TopK y i", "ArgMax y", "Split y", "Tile y i", "Equal y y",
        ];
        Assert.Empty(expected.Except(told));
    }

    [Fact]
    public void What_a_plan_must_know_is_told()
    {
        OnnxModel model = new OnnxModel(11).Input("boxes", 1, 6, 4).Input("scores", 1, 1, 6).Input("most", DataType.Int64, 1)
            .Node("NonMaxSuppression", "boxes scores most", "y").Output("y");
        Assert.Contains(
            "the most boxes of a class are computed", Assert.Throws<OnnxUnsupportedException>(() => model.Load()).Message,
            StringComparison.Ordinal);
        model = new OnnxModel(11).Input("n", DataType.Int64).Constant(Raw<long>("a", DataType.Int64, new Shape(), 0))
            .Constant(Raw<long>("s", DataType.Int64, new Shape(), 1)).Node("Range", "a n s", "y").Output("y");
        OnnxUnsupportedException error = Assert.Throws<OnnxUnsupportedException>(() => model.Load());
        Assert.Equal(("Range_0", "n"), (Assert.Single(error.Nodes).Node, error.Nodes[0].Input));
    }

    [Fact]
    public void Range_may_follow_from_a_shape()
    {
        OnnxModel model = new OnnxModel(13).Input("x", 1, 5).Constant(Raw<long>("a", DataType.Int64, new Shape(), 0))
            .Constant(Raw<long>("s", DataType.Int64, new Shape(), 2)).Constant("i", 1).Node("Shape", "x", "shape")
            .Node("Gather", "shape i", "n").Node("Squeeze", "n", "limit").Node("Range", "a limit s", "r")
            .Node("Cast", "r", "f", Int("to", 1)).Node("Gather", "x r", "g", Int("axis", 1)).Node("Add", "g f", "y").Output("y");
        Tensor x = Tensor.FromFloats(new Shape(1, 5), [10, 20, 30, 40, 50]);
        Assert.Equal([10, 32, 54], model.Run(("x", x))[0].Floats);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void GatherND_takes_batches_from_opset_12_on(int opset)
    {
        OnnxModel model = new OnnxModel(opset).Input("x", 2, 2, 2).Input("i", DataType.Int64, 2, 1)
            .Node("GatherND", "x i", "y", opset < 12 ? [] : [Int("batch_dims", 1)]).Output("y");
        Tensor x = Tensor.FromFloats(new Shape(2, 2, 2), [0, 1, 2, 3, 4, 5, 6, 7]);
        byte[] indices = MemoryMarshal.AsBytes<long>([-1, 0]).ToArray();
        Tensor y = model.Run(("x", x), ("i", Tensor.FromBytes(ElementType.Int64, new Shape(2, 1), indices)))[0];
        Assert.Equal(opset < 12 ? [4, 5, 6, 7, 0, 1, 2, 3] : [2, 3, 4, 5], y.Floats);
    }

    private static OnnxModel Suppression(
        int opset, int images, int classes, long? most, float? overlap, float? score, bool isCentered)
    {
        OnnxModel model = new OnnxModel(opset).Input("boxes", images, 6, 4).Input("scores", images, classes, 6).Output("y");
        model = most is { } count ? model.Constant("most", count) : model;
        model = overlap is { } largest ? model.Constant("overlap", new Shape(1), largest) : model;
        model = score is { } least ? model.Constant("score", new Shape(1), least) : model;
        string inputs =
            $"boxes scores {(most is null ? "-" : "most")} {(overlap is null ? "-" : "overlap")} {(score is null ? "-" : "score")}";
        return model.Node("NonMaxSuppression", inputs, "y", isCentered ? [Int("center_point_box", 1)] : []);
    }

    private static void Check(
        int opset, float[] boxes, int images, int classes, long? most, float? overlap, float? score, bool isCentered,
        params long[] expected)
    {
        Graph graph = Suppression(opset, images, classes, most, overlap, score, isCentered).Load().Graph;
        foreach (Graph form in (Graph[])[graph, OnnxFile.Load(new MemoryStream(OnnxExport.ToBytes(graph))).Graph])
        {
            using var model = new Model(form);
            using Session session = model.CreateSession();
            for (int image = 0; image < images; image++)
            {
                boxes.CopyTo(session.Input<float>("boxes")[(image * boxes.Length)..]);
            }

            for (int row = 0; row < images * classes; row++)
            {
                s_scores.CopyTo(session.Input<float>("scores")[(6 * row)..]);
            }

            session.Run();
            SessionValue output = session.Outputs[0];
            Shape shape = output.ShapeOf(session.OutputBytes("y"));
            Assert.Equal(new Shape(expected.Length / 3, 3), shape);
            Assert.Equal(expected, session.Output<long>("y")[..(int)shape.ElementCount]);
            if (Peer.IsThere)
            {
                var inputs = session.Inputs.ToDictionary(
                    input => input.Name, input => Tensor.FromFloats(input.Shape, session.Input<float>(input.Name)));
                Assert.Equal(expected, MemoryMarshal.Cast<byte, long>(Peer.Run(OnnxExport.ToBytes(form), inputs)["y"]));
            }
        }
    }
}
