using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Tests.Planning;
using Xunit;

namespace DwEngine.Tests.Graphs;

/// <summary>Elements at positions that indices say, which may be computed in a run.</summary>
public class GatherElementsTests
{
    [Fact]
    public void Indices_say_the_position_along_the_axis()
    {
        Tensor data = Tensor.FromFloats(new Shape(3, 3), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        Tensor rows = LayoutGraphs.Integers(new Shape(2, 3), -2, 2, 0, 2, 0, 0);
        Tensor columns = LayoutGraphs.Integers(new Shape(2, 2), 0, 0, 1, 0);
        Assert.Equal([4, 8, 3, 7, 2, 3], new GatherElements(0).Reference([data, rows])[0].Floats);
        Assert.Equal([1, 1, 5, 4], new GatherElements(-1).Reference([data, columns])[0].Floats);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var data = new Fact(ElementType.Float32, new Shape(2, 3));
        Assert.Throws<ShapeException>(() => new GatherElements(2).Infer([data, new Fact(ElementType.Int64, new Shape(2, 3))]));
        Assert.Throws<ShapeException>(() => new GatherElements(1).Infer([data, new Fact(ElementType.Int64, new Shape(3, 3))]));
        Assert.Throws<ShapeException>(() => new GatherElements(1).Infer([data, new Fact(ElementType.Int64, new Shape(2))]));
        Assert.Throws<ShapeException>(() => new GatherElements(1).Infer([data, data]));
        Assert.Throws<ShapeException>(() => new GatherElements(1).Infer([data, new Fact(ElementType.Int64, new Shape(2, 0))]));
        Fact constant = Fact.Of(LayoutGraphs.Integers(new Shape(1, 2), 2, 3));
        Assert.Contains(
            "from -3 to 2, found 3",
            Assert.Throws<ShapeException>(() => new GatherElements(1).Infer([data, constant])).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_run_refuses_an_index_beyond_the_axis_and_the_next_run_is_right(int threads)
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(1, 4)), indices = builder.Input("i", new Shape(1, 4), ElementType.Int64);
        using Session session = new Model(builder.Build(x.GatherElements(indices, 1))).CreateSession(
            new SessionOptions { Threads = threads });
        float[] numbers = [10, 11, 12, 13];
        numbers.CopyTo(session.Input<float>("x"));
        Span<long> places = session.Input<long>("i");
        new long[] { 0, -4, 4, 1 }.CopyTo(places);
        Assert.Contains("found 4", Assert.Throws<ShapeException>(session.Run).Message, StringComparison.Ordinal);
        places[2] = 3;
        session.Run();
        Assert.Equal([10, 10, 13, 11], session.Output<float>(session.Outputs[0].Name));
    }

    [Fact]
    public void Plans_agree_with_the_reference() => LayerAgreement.ForAll(120, random =>
    {
        var shape = new Shape([.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(1, 7))]);
        ElementType type = random.GetItems([ElementType.Float32, ElementType.Int64, ElementType.UInt8, ElementType.Float16], 1)[0];
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", shape, type);
        // Planes that lie in another order than their elements do in memory.
        ValueHandle moved = shape.Rank > 1 && random.Next(2) == 0 ? x.Transpose([1, 0, .. Enumerable.Range(2, shape.Rank - 2)]) : x;
        int axis = random.Next(-shape.Rank, shape.Rank), along = (axis + shape.Rank) % shape.Rank, length = moved.Shape[along];
        var result = new Shape(
            [.. Enumerable.Range(0, shape.Rank).Select(i => random.Next(1, i == along ? 10 : moved.Shape[i] + 1))]);
        Tensor indices = LayoutGraphs.Integers(
            result, [.. Enumerable.Range(0, (int)result.ElementCount).Select(_ => (long)random.Next(-length, length))]);
        indices = random.Next(2) == 0 ? indices : new Cast(ElementType.Int32).Reference([indices])[0];
        bool isConstant = random.Next(3) == 0;
        ValueHandle places = isConstant ? builder.Constant(indices) : builder.Input("i", result, indices.Type);
        ValueHandle found = moved.GatherElements(places, axis);
        var inputs = new Dictionary<string, Tensor> { ["x"] = LayoutGraphs.Fill(random, type, shape) };
        if (!isConstant)
        {
            inputs["i"] = indices;
        }

        LayerAgreement.AssertAgrees(builder.Build(found, found.Reshape([-1])), inputs);
    });
}
