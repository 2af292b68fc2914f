using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Tests.Planning;
using Xunit;

namespace DwEngine.Tests.Graphs;

/// <summary>Slices and parts at indices that are computed in a run.</summary>
public class GatherTests
{
    [Fact]
    public void GatherND_is_as_in_the_examples_of_ONNX()
    {
        Tensor square = LayoutGraphs.Integers(new Shape(2, 2), 0, 1, 2, 3);
        Tensor cube = LayoutGraphs.Integers(new Shape(2, 2, 2), 0, 1, 2, 3, 4, 5, 6, 7);
        Check(new GatherND(), square, LayoutGraphs.Integers(new Shape(2, 2), 0, 0, 1, 1), new Shape(2), 0, 3);
        Check(new GatherND(), square, LayoutGraphs.Integers(new Shape(2, 1), 1, 0), new Shape(2, 2), 2, 3, 0, 1);
        Check(new GatherND(), cube, LayoutGraphs.Integers(new Shape(2, 2), 0, 1, 1, 0), new Shape(2, 2), 2, 3, 4, 5);
        Check(new GatherND(), cube, LayoutGraphs.Integers(new Shape(2, 1, 2), 0, 1, 1, 0), new Shape(2, 1, 2), 2, 3, 4, 5);
        Check(new GatherND(1), cube, LayoutGraphs.Integers(new Shape(2, 1), 1, 0), new Shape(2, 2), 2, 3, 4, 5);
        Check(new GatherND(), square, LayoutGraphs.Integers(new Shape(1, 2), -1, -2), new Shape(1), 2);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var data = new Fact(ElementType.Float32, new Shape(2, 3));
        Refuses(new GatherND(), data, Fact.Of(LayoutGraphs.Integers(new Shape(1, 3), 0, 0, 0)), "at most 2 of the axes");
        Refuses(new GatherND(), data, Fact.Of(LayoutGraphs.Integers(new Shape(1, 2), 0, 3)), "from -3 to 2, found 3");
        Refuses(new GatherND(1), data, new Fact(ElementType.Int64, new Shape(3, 1)), "begin with the first 1 dimension of 2x3");
        Refuses(new GatherND(2), data, new Fact(ElementType.Int64, new Shape(2, 3, 1)), "have at least one more");
        Refuses(new GatherND(), data, new Fact(ElementType.Int64, new Shape()), "at least one more");
        Refuses(new GatherND(), data, data, "Int64 or Int32");
        Refuses(new Gather(), data, new Fact(ElementType.Float32, new Shape(1)), "Int64 or Int32");
        Refuses(new Gather(), data, Fact.Of(LayoutGraphs.Integers(new Shape(1), 1L << 40)), "from -2 to 1, found 1099511627776");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_run_refuses_an_index_beyond_its_axis_and_the_next_run_is_right(int threads)
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(2, 2)), places = builder.Input("i", new Shape(1, 2), ElementType.Int64);
        Graph graph = builder.Build(("slices", x.Gather(places)), ("parts", x.GatherND(places)));
        using var model = new Model(graph);
        using Session session = model.CreateSession(new SessionOptions { Threads = threads });
        new float[] { 10, 11, 12, 13 }.CopyTo(session.Input<float>("x"));
        foreach (long wrong in (long[])[2, -3, long.MaxValue, long.MinValue])
        {
            new long[] { 0, wrong }.CopyTo(session.Input<long>("i"));
            Assert.Contains($"found {wrong}", Assert.Throws<ShapeException>(session.Run).Message, StringComparison.Ordinal);
            new long[] { -1, 0 }.CopyTo(session.Input<long>("i"));
            session.Run();
            Assert.Equal([12, 13, 10, 11], session.Output<float>("slices"));
            Assert.Equal([12], session.Output<float>("parts"));
        }
    }

    // The wrong index lies in the share of the caller or of a helper; what follows the lookup reads what that has not written.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_session_of_a_pool_runs_on_after_wrong_indices(int threads) => TestThreads.Run(() =>
    {
        const int length = 40_000;
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(length)), places = builder.Input("i", new Shape(length), ElementType.Int64);
        ValueHandle slices = x.Gather(places), elements = x.GatherElements(places), parts = x.GatherND(places.Reshape([length, 1]));
        ValueHandle again = x.Gather(places.Gather(places));
        using var model = new Model(builder.Build(("y", slices.Add(elements).Add(parts).Relu()), ("again", again)));
        using var pool = new SessionPool(model, new SessionOptions { Threads = threads }, retained: 1, maximum: 1);
        float[] data = [.. Enumerable.Range(0, length).Select(i => (float)i)];
        long[] reversed = [.. Enumerable.Range(0, length).Select(i => (long)(length - 1 - i))];
        Session? first = null;
        for (int wrong = 0; wrong < length; wrong += 1999)
        {
            using (SessionPool.Lease lease = pool.Rent())
            {
                first ??= lease.Session;
                data.CopyTo(lease.Session.Input<float>("x"));
                reversed.CopyTo(lease.Session.Input<long>("i"));
                lease.Session.Input<long>("i")[wrong] = length;
                Session session = lease.Session;
                Action run = wrong % 2 == 0 ? session.Run : () => session.Profile(new TimeSpan[session.Steps.Length]);
                Assert.Contains($"found {length}", Assert.Throws<ShapeException>(run).Message, StringComparison.Ordinal);
                Assert.True(session.IsIdle);
            }

            using SessionPool.Lease next = pool.Rent();
            Assert.Same(first, next.Session);
            reversed.CopyTo(next.Session.Input<long>("i"));
            next.Session.Prepare();
            next.Session.Run();
            Assert.Equal(reversed.Select(i => 3f * i), next.Session.Output<float>("y").ToArray());
            Assert.Equal(data, next.Session.Output<float>("again"));
        }
    });

    [Fact]
    public void Images_of_a_batch_that_indices_choose_among_are_computed_together()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(2, 2)), places = builder.Input("i", new Shape(2, 1), ElementType.Int64);
        using var model = new Model(builder.Build(("y", x.Gather(places, 1)), ("z", x.GatherND(places))));
        using Session session = model.CreateSession();
        new float[] { 10, 11, 12, 13 }.CopyTo(session.Input<float>("x"));
        new long[] { 1, 0 }.CopyTo(session.Input<long>("i"));
        session.Run();
        Assert.Equal([11, 10, 13, 12], session.Output<float>("y"));
        Assert.Equal([12, 13, 10, 11], session.Output<float>("z"));
    }

    [Fact]
    public void Plans_agree_with_the_reference() => LayerAgreement.ForAll(120, random =>
    {
        var shape = new Shape([.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(1, 6))]);
        ElementType type = random.GetItems([ElementType.Float32, ElementType.Int64, ElementType.UInt8, ElementType.Float16], 1)[0];
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", shape, type), found;
        // Planes that lie in another order than their elements do in memory.
        ValueHandle moved = shape.Rank > 1 && random.Next(2) == 0 ? x.Transpose([1, 0, .. Enumerable.Range(2, shape.Rank - 2)]) : x;
        Tensor indices;
        if (random.Next(2) == 0)
        {
            int axis = random.Next(-shape.Rank, shape.Rank), length = moved.Shape[(axis + shape.Rank) % shape.Rank];
            indices = Indices(random, [.. Enumerable.Range(0, random.Next(0, 3)).Select(_ => random.Next(1, 5))], [length]);
            found = moved.Gather(Input(indices), axis);
        }
        else
        {
            int batch = random.Next(shape.Rank), count = random.Next(1, shape.Rank - batch + 1);
            int[] places = [.. moved.Shape.Dimensions[..batch], .. Enumerable.Range(0, random.Next(0, 2)).Select(_ => random.Next(1, 5))];
            indices = Indices(random, [.. places, count], moved.Shape.Dimensions.Slice(batch, count).ToArray());
            found = moved.GatherND(Input(indices), batch);
        }

        LayerAgreement.AssertAgrees(
            builder.Build(found, found.Reshape([-1])),
            new Dictionary<string, Tensor> { ["x"] = LayoutGraphs.Fill(random, type, shape), ["i"] = indices });

        ValueHandle Input(Tensor tensor) => builder.Input("i", tensor.Shape, tensor.Type);
    });

    private static Tensor Indices(Random random, int[] dimensions, int[] lengths)
    {
        var shape = new Shape(dimensions);
        Tensor indices = LayoutGraphs.Integers(shape, [.. Enumerable.Range(0, (int)shape.ElementCount).Select(
            i => (long)random.Next(-lengths[i % lengths.Length], lengths[i % lengths.Length]))]);
        return random.Next(2) == 0 ? indices : new Cast(ElementType.Int32).Reference([indices])[0];
    }

    private static void Check(GatherND layer, Tensor data, Tensor indices, Shape shape, params long[] expected) =>
        Assert.Equal(LayoutGraphs.Integers(shape, expected).Bytes.ToArray(), Single(layer, data, indices, shape).Bytes.ToArray());

    private static Tensor Single(GatherND layer, Tensor data, Tensor indices, Shape shape)
    {
        Tensor found = Assert.Single(layer.Reference([data, indices]));
        Assert.Equal(shape, found.Shape);
        return found;
    }

    private static void Refuses(Layer layer, Fact data, Fact indices, string message) =>
        Assert.Contains(message, Assert.Throws<ShapeException>(() => layer.Infer([data, indices])).Message, StringComparison.Ordinal);
}
