using System.Runtime.InteropServices;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Tests.Planning;
using Xunit;
using Range = DwEngine.Graphs.Layers.Range;

namespace DwEngine.Tests.Graphs;

/// <summary>Boxes of which a run tells how many are left, and ranges of numbers.</summary>
public class SelectionLayerTests
{
    private static readonly float[] s_corners =
        [0, 0, 1, 1, 0, 0.1f, 1, 1.1f, 0, -0.1f, 1, 0.9f, 0, 10, 1, 11, 0, 10.1f, 1, 11.1f, 0, 100, 1, 101];

    private static readonly float[] s_scores = [0.9f, 0.75f, 0.6f, 0.95f, 0.5f, 0.3f];

    [Fact]
    public void Outputs_tell_after_a_run_how_many_rows_there_are()
    {
        var builder = new GraphBuilder();
        ValueHandle boxes = builder.Input("boxes", new Shape(1, 6, 4)), scores = builder.Input("scores", new Shape(1, 1, 6));
        using var model = new Model(builder.Build(("selected", boxes.NonMaxSuppression(scores, 3, 0.5f, 0.4f))));
        using Session session = model.CreateSession();
        s_corners.CopyTo(session.Input<float>("boxes"));
        s_scores.CopyTo(session.Input<float>("scores"));
        SessionValue selected = session.Outputs[0];
        Assert.True(selected.HasPaddedRows);
        Assert.Equal(new Shape(3, 3), selected.Shape);
        session.Run();
        Assert.Equal([0L, 0, 3, 0, 0, 0, -1, -1, -1], session.Output<long>("selected"));
        Assert.Equal(new Shape(2, 3), selected.ShapeOf(session.OutputBytes("selected")));
        session.Input<float>("scores").Clear();
        session.Run();
        Assert.Equal(new Shape(0, 3), selected.ShapeOf(session.OutputBytes("selected")));
        Assert.Throws<ShapeException>(() => selected.ShapeOf([]));
    }

    [Fact]
    public void No_layer_reads_rows_of_which_only_a_run_tells_how_many()
    {
        var builder = new GraphBuilder();
        ValueHandle boxes = builder.Input("boxes", new Shape(1, 6, 4)), scores = builder.Input("scores", new Shape(1, 1, 6));
        ValueHandle selected = boxes.NonMaxSuppression(scores, 3, 0.5f);
        Assert.Contains(
            "only a run tells how many rows there are (at most 3)",
            Assert.Throws<ShapeException>(() => selected.Reshape([-1])).Message,
            StringComparison.Ordinal);
        Assert.True(builder.Build(selected).Infer()[selected.Value].HasPaddedRows);
        Assert.EndsWith("x3 at most", selected.Fact.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Constants_keep_their_padded_rows()
    {
        var builder = new GraphBuilder();
        ValueHandle boxes = builder.Constant(Tensor.FromFloats(new Shape(1, 6, 4), s_corners));
        ValueHandle selected = boxes.NonMaxSuppression(builder.Constant(Tensor.FromFloats(new Shape(1, 1, 6), s_scores)), 9, 0.5f);
        ValueHandle other = builder.Input("x", new Shape(1)).Relu();
        using var model = new Model(builder.Build(("selected", selected), ("other", other)));
        using Session session = model.CreateSession();
        session.Run();
        Assert.Equal(new Shape(3, 3), session.Outputs[0].ShapeOf(session.OutputBytes("selected")));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Fact boxes = new Shape(1, 6, 4), scores = new Shape(1, 2, 6), number = new(ElementType.Int64, new Shape(1));
        Fact most = Fact.Of(LayoutGraphs.Integers(new Shape(1), 5)), half = Fact.Of(Tensor.FromFloats(new Shape(), [0.5f]));
        Refuses("N x B x 4", new Shape(1, 6, 3), scores, most, half);
        Refuses("N x B x 4", boxes, new Shape(1, 2, 5), most, half);
        Refuses("number of boxes", boxes, scores, number, half);
        Refuses("overlap of 0 to 1", boxes, scores, most, Fact.Of(Tensor.FromFloats(new Shape(), [1.5f])));
        Refuses("the score as one constant", boxes, scores, most, half, new Shape(1));
        Refuses("Float32", new Fact(ElementType.Int64, new Shape(1, 6, 4)), scores, most, half);
    }

    [Fact]
    public void Plans_agree_with_the_reference() => LayerAgreement.ForAll(60, random =>
    {
        int images = random.Next(1, 3), classes = random.Next(1, 4), count = random.Next(1, 20);
        var builder = new GraphBuilder();
        ValueHandle boxes = builder.Input("boxes", new Shape(images, count, 4));
        ValueHandle scores = builder.Input("scores", new Shape(images, count, classes));
        ValueHandle selected = boxes.NonMaxSuppression(
            scores.Transpose([0, 2, 1]), random.Next(0, 8), random.Next(5) / 4f, random.Next(2) == 0 ? null : 0.25f, random.Next(2) == 0);
        LayerAgreement.AssertAgrees(builder.Build(selected), new Dictionary<string, Tensor>
        {
            ["boxes"] = Numbers(random, boxes.Shape, 9),
            ["scores"] = Numbers(random, scores.Shape, 1),
        });
    });

    [Fact]
    public void Ranges_are_constants()
    {
        Assert.Equal([1, 3], Floats(1, 5, 2));
        Assert.Equal([2, 1.5f, 1], Floats(2, 0.75f, -0.5f));
        Assert.Equal([10L, 6], Longs(10, 4, -4));
        Assert.Equal([long.MaxValue - 1], Longs(long.MaxValue - 1, long.MaxValue, 2));
        Assert.Throws<ShapeException>(() => Longs(1, 5, 0));
        Assert.Throws<ShapeException>(() => Longs(5, 5, 1));
        Assert.Throws<ShapeException>(() => Longs(0, long.MaxValue, 1));
        Assert.Throws<ShapeException>(() => Floats(0, 1, 0));
        Assert.Throws<ShapeException>(() => Floats(0, float.PositiveInfinity, 1));
        Assert.Throws<ShapeException>(() => Floats(0, float.NaN, 1));
        Assert.Throws<ShapeException>(() => new Range().Infer([new Shape(), new Shape(), new Shape()]));
    }

    private static float[] Floats(float start, float limit, float step) =>
        RangeOf([.. new[] { start, limit, step }.Select(number => Tensor.FromFloats(new Shape(), [number]))]).Floats.ToArray();

    private static long[] Longs(long start, long limit, long step) => MemoryMarshal.Cast<byte, long>(
        RangeOf([.. new[] { start, limit, step }.Select(number => LayoutGraphs.Integers(new Shape(), number))]).Bytes).ToArray();

    private static Tensor RangeOf(Tensor[] numbers)
    {
        Tensor known = Assert.Single(new Range().Infer([.. numbers.Select(Fact.Of)])).Constant!;
        Assert.Equal(known.Bytes, new Range().Reference(numbers)[0].Bytes);
        return known;
    }

    private static Tensor Numbers(Random random, Shape shape, int most) =>
        Tensor.FromFloats(shape, [.. Enumerable.Range(0, (int)shape.ElementCount).Select(_ => random.Next(9) * most / 8f)]);

    private static void Refuses(string message, params Fact[] inputs) => Assert.Contains(
        message, Assert.Throws<ShapeException>(() => new NonMaxSuppression().Infer(inputs)).Message, StringComparison.Ordinal);
}
