using System.Runtime.InteropServices;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Planning;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Tests.Graphs;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DwEngine.Tests.Planning;

/// <summary>Layers that move elements: what they compute, and that they take no step where planes allow it.</summary>
public class LayoutTests
{
    [Fact]
    public void Elements_of_any_type_go_where_the_references_say()
    {
        Gen<int> seeds = Gen.Choose(int.MinValue, int.MaxValue);
        Check.One(
            Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(TestSpeed.IsSlow ? 60 : 600),
            Prop.ForAll(Arb.From(seeds), AssertAgrees));
    }

    [Fact]
    public void A_shuffle_that_is_written_as_reshape_transpose_reshape_takes_no_copy()
    {
        foreach (int batch in (int[])[1, 3])
        {
            var random = new Random(1);
            var builder = new GraphBuilder();
            Tensor weights = TestTensors.Random(random, new Shape(8, 8, 1, 1));
            ValueHandle x = builder.Input("x", new Shape(batch, 8, 5, 7)).Convolution(weights, null, Window.Square(1));
            ValueHandle shuffled = x.Reshape([-1, 2, 4, 5, 7]).Transpose([0, 2, 1, 3, 4]).Reshape([-1, 8, 5, 7]);
            Graph graph = builder.Build(shuffled.Convolution(weights, null, Window.Square(1)));
            using var model = new Model(graph);
            using Session session = model.CreateSession();

            // The caller's input is staged for a kernel that reads ahead, and the result is copied to the caller.
            Assert.Equal(["copy", "pointwise", "pointwise", "copy"], session.Steps.Select(step => step.Kernel));

            Tensor input = TestTensors.Random(random, new Shape(batch, 8, 5, 7));
            float[] output = new float[input.Shape.ElementCount];
            session.Run(input.Floats, output);
            Tensor expected = ReferenceExecutor.Run(graph, input);
            Assert.InRange(TestTensors.Difference(expected, Tensor.FromFloats(expected.Shape, output)), 0, 1e-5);
        }
    }

    [Fact]
    public void Shape_arithmetic_as_exporters_write_it_folds_away()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(2, 6, 4, 5));
        ValueHandle batch = x.ShapeOf().Gather(builder.Constant(LayoutGraphs.Integers(new Shape(1), 0)));
        ValueHandle target = builder.Concat([batch, builder.Constant(LayoutGraphs.Integers(new Shape(2), 3, -1))], axis: 0);
        ValueHandle flat = builder.Apply(new Reshape(), [x, target])[0];
        Graph graph = builder.Build(flat);
        Assert.Equal(new Shape(2, 3, 40), flat.Shape);
        Assert.Equal(new Shape(5, 3, 84), graph.Infer(new Shape(5, 6, 6, 7))[graph.Outputs[0].Value].Shape);
        using var model = new Model(graph);
        using Session session = model.CreateSession(new SessionOptions { InputShape = new Shape(5, 6, 6, 7) });
        Assert.Single(session.Steps);
        Tensor input = TestTensors.Random(new Random(1), new Shape(5, 6, 6, 7));
        float[] output = new float[input.Floats.Length];
        session.Run(input.Floats, output);
        Assert.Equal(input.Floats.ToArray(), output);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_layer_that_mixes_the_images_of_a_batch_is_right(int threads)
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(8, 3, 4, 4));
        Graph graph = builder.Build(x.Relu().Softmax(axis: 0));
        using var model = new Model(graph);
        using Session session = model.CreateSession(new SessionOptions { Threads = threads });
        Tensor input = TestTensors.Random(new Random(1), new Shape(8, 3, 4, 4));
        float[] output = new float[input.Floats.Length];

        session.Run(input.Floats, output);

        Assert.InRange(TestTensors.Difference(ReferenceExecutor.Run(graph, input), Tensor.FromFloats(input.Shape, output)), 0, 1e-5);
        for (int i = 0; i < 48; i++)
        {
            Assert.Equal(1, Enumerable.Range(0, 8).Sum(image => output[(image * 48) + i]), 1e-5);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_picture_of_bytes_may_be_an_input(int batch)
    {
        var random = new Random(1);
        var builder = new GraphBuilder();
        ValueHandle picture = builder.Input("picture", new Shape(batch, 3, 9, 11), ElementType.UInt8);
        ValueHandle pixels = picture.Apply(ConvertElements.Normalization([0.4f, 0.5f, 0.6f], [0.2f, 0.25f, 0.3f]));
        Graph graph = builder.Build(
            ("result", pixels.Convolution(TestTensors.Random(random, new Shape(4, 3, 3, 3)), null, Window.Square(3)).Relu()),
            ("pixels", pixels));
        using var model = new Model(graph);
        Tensor bytes = LayoutGraphs.Fill(random, ElementType.UInt8, new Shape(batch, 3, 9, 11));
        var expected = ReferenceExecutor.Run(graph, new Dictionary<string, Tensor> { ["picture"] = bytes });
        float[]? first = null;
        foreach (Isa isa in Isas.Supported)
        {
            foreach (int threads in (int[])[1, 2])
            {
                using Session session = model.CreateSession(new SessionOptions { Isa = isa, Threads = threads });
                Assert.Equal(ElementType.UInt8, session.Inputs[0].Type);
                session.With().Input("picture", bytes.Bytes).Run();
                float[] result = session.Output<float>("result").ToArray();
                Assert.InRange(TestTensors.Difference(expected["result"], Tensor.FromFloats(session.Outputs[0].Shape, result)), 0, 1e-5);
                Assert.Equal((bytes.Bytes[0] / 255.0 - 0.4) / 0.2, session.Output<float>("pixels")[0], 1e-5);
                if (Isas.IsReproducible(isa))
                {
                    Assert.Equal(first ??= result, result);
                }
            }
        }
    }

    private static void AssertAgrees(int seed)
    {
        (Graph graph, Tensor input) = LayoutGraphs.Make(seed);
        IReadOnlyDictionary<string, Tensor> expected =
            ReferenceExecutor.Run(graph, new Dictionary<string, Tensor> { ["x"] = input });
        bool isExact = graph.Nodes.All(node => node.Layer is not Softmax);
        foreach (Isa isa in Isas.Supported)
        {
            Plan plan = Planner.Build(graph, [input.Shape], isa, new PackedWeights());
            foreach ((string name, Tensor actual) in PlanRunner.Run(plan, graph, new Dictionary<string, Tensor> { ["x"] = input }))
            {
                AssertSame(expected[name], actual, isExact);
            }
        }

        using var model = new Model(graph);
        using Session session = model.CreateSession(new SessionOptions { Threads = 1 + (seed & 1) });
        Load(session, input);
        session.Run();
        foreach (SessionValue output in session.Outputs)
        {
            AssertSame(expected[output.Name], Tensor.FromBytes(output.Type, output.Shape, Bytes(session, output)), isExact);
        }
    }

    private static void AssertSame(Tensor expected, Tensor actual, bool isExact)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.Equal(expected.Type, actual.Type);
        if (isExact || expected.Type != ElementType.Float32)
        {
            Assert.True(expected.Bytes.SequenceEqual(actual.Bytes), "An element is not where it belongs.");
        }
        else
        {
            Assert.InRange(TestTensors.Difference(expected, actual), 0, 1e-5);
        }
    }

    private static void Load(Session session, Tensor input)
    {
        switch (input.Type)
        {
            case ElementType.Float32: Copy<float>(); break;
            case ElementType.UInt8: Copy<byte>(); break;
            case ElementType.Int64: Copy<long>(); break;
            case ElementType.Int32: Copy<int>(); break;
            case ElementType.Float16: Copy<Half>(); break;
            case ElementType.Int8: Copy<sbyte>(); break;
            default: Copy<bool>(); break;
        }

        void Copy<T>() where T : unmanaged => input.Bytes.CopyTo(MemoryMarshal.AsBytes(session.Input<T>("x")));
    }

    private static byte[] Bytes(Session session, SessionValue output)
    {
        return output.Type switch
        {
            ElementType.Float32 => Of<float>(),
            ElementType.UInt8 => Of<byte>(),
            ElementType.Int64 => Of<long>(),
            ElementType.Int32 => Of<int>(),
            ElementType.Float16 => Of<Half>(),
            ElementType.Int8 => Of<sbyte>(),
            _ => Of<bool>(),
        };

        byte[] Of<T>() where T : unmanaged => MemoryMarshal.AsBytes(session.Output<T>(output.Name)).ToArray();
    }
}
