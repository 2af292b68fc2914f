using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Passes;
using DwEngine.Planning;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Tests.Planning;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static DwEngine.Testing.TestTensors;

namespace DwEngine.Tests.Graphs;

/// <summary>Products of matrices, fully connected layers of any rank, and what is made of them.</summary>
public class MatrixLayerTests
{
    [Fact]
    public void Matrices_and_vectors_meet_as_in_NumPy()
    {
        Tensor a = Counting(new Shape(2, 3)), b = Counting(new Shape(3, 2)), v = Of(new Shape(3), 1, 10, 100), w = Of(new Shape(2), 1, 10);
        Expect(a, b, new Shape(2, 2), 10, 13, 28, 40);
        Expect(a, v, new Shape(2), 210, 543);
        Expect(w, a, new Shape(3), 30, 41, 52);
        Expect(v, v, new Shape(), 10101);
        Tensor batch = Counting(new Shape(2, 1, 1, 2)), others = Counting(new Shape(3, 2, 1));
        Expect(batch, others, new Shape(2, 3, 1, 1), 1, 3, 5, 3, 13, 23);

        static void Expect(Tensor left, Tensor right, Shape shape, params float[] expected)
        {
            Tensor product = new MatrixProduct().Reference([left, right])[0];
            Assert.Equal(shape, product.Shape);
            Assert.Equal(expected, product.Floats);
        }
    }

    [Theory]
    [InlineData("2x3", "2x3")]
    [InlineData("3", "2x3")]
    [InlineData("2x2x3", "3x3x2")]
    [InlineData("", "2")]
    [InlineData("2x0", "0x2")]
    public void Operands_that_do_not_meet_are_refused(string left, string right) =>
        Assert.Throws<ShapeException>(() => new MatrixProduct().Infer([Parse(left), Parse(right)]));

    [Fact]
    public void Products_of_any_operands_are_what_the_references_say() => Check.One(
        Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(TestSpeed.IsSlow ? 30 : 200),
        Prop.ForAll(Arb.From(Gen.Choose(int.MinValue, int.MaxValue)), AssertPlanAgrees));

    [Fact]
    public void A_constant_matrix_on_the_right_is_packed()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(1, 2, 5, 12)), weights = builder.Constant(Random(new Random(1), new Shape(12, 7)));
        Plan plan = Planner.Build(builder.Build(x.MatMul(weights)), [x.Shape], Isas.Best, new PackedWeights());
        Assert.Equal(["fully-connected", "copy"], plan.Steps.Select(step => step.Kernel.Name));
        Assert.Equal(10 * 12 * 7, plan.Steps[0].MultiplyAdds);
    }

    [Theory]
    [InlineData("2x5x12", "2x5x7")]
    [InlineData("12", "7")]
    [InlineData("2x3x4x12", "2x3x4x7")]
    public void A_fully_connected_layer_takes_rows_of_any_rank(string input, string output)
    {
        var random = new Random(1);
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", Parse(input));
        ValueHandle y = x.FullyConnected(Random(random, new Shape(7, 12)), Random(random, new Shape(7)));
        Assert.Equal(Parse(output), y.Shape);
        LayerAgreement.AssertAgrees(builder.Build(y), new Dictionary<string, Tensor> { ["x"] = Random(random, x.Shape) }, 1e-5);
    }

    [Fact]
    public void A_norm_of_another_axis_is_not_folded_into_a_fully_connected_layer()
    {
        var random = new Random(1);
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(2, 4, 5)).FullyConnected(Random(random, new Shape(4, 5)), null);
        Tensor ones = Of(new Shape(4), 1, 1, 1, 1), numbers = Of(new Shape(4), 1, 2, 3, 4);
        Graph graph = builder.Build(x.BatchNorm(numbers, numbers, ones, ones));
        Assert.Equal(2, new FoldBatchNorm().Run(graph).Nodes.Length);
    }

    [Theory]
    [InlineData(false, false, true, "7")]
    [InlineData(true, true, true, "1x7")]
    [InlineData(false, true, true, "1")]
    [InlineData(false, true, false, "7")]
    [InlineData(true, false, false, "3x1")]
    [InlineData(false, true, true, "3x7")]
    [InlineData(false, false, true, "none")]
    [InlineData(true, false, false, "none")]
    public void A_general_product_scales_transposes_and_adds(bool transposesA, bool transposesB, bool isConstant, string summand)
    {
        var random = new Random(1);
        var inputs = new Dictionary<string, Tensor>();
        var builder = new GraphBuilder();
        Tensor a = Random(random, transposesA ? new Shape(5, 3) : new Shape(3, 5));
        Tensor b = Random(random, transposesB ? new Shape(7, 5) : new Shape(5, 7));
        Tensor? c = summand == "none" ? null : Random(random, Parse(summand));
        ValueHandle y = Value("a", a, false).Gemm(
            Value("b", b, isConstant), c is null ? null : Value("c", c, isConstant), 0.5, 2, transposesA, transposesB, "gemm");
        Assert.Equal("gemm", y.Value.Name);
        Assert.Equal(new Shape(3, 7), y.Shape);
        Graph graph = builder.Build(y);
        LayerAgreement.AssertAgrees(graph, inputs, 1e-5);
        Tensor found = ReferenceExecutor.Run(graph, inputs)["gemm"];
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 7; j++)
            {
                int row = c is { Shape.Rank: 2 } && c.Shape[0] > 1 ? i * c.Shape[1] : 0;
                double sum = c is null ? 0 : 2 * c.Floats[row + (c.Shape[^1] > 1 ? j : 0)];
                for (int k = 0; k < 5; k++)
                {
                    sum += 0.5 * a.Floats[transposesA ? (k * 3) + i : (i * 5) + k] * b.Floats[transposesB ? (j * 5) + k : (k * 7) + j];
                }

                Assert.Equal(sum, found.Floats[(i * 7) + j], 1e-5);
            }
        }

        ValueHandle Value(string name, Tensor tensor, bool isConstant)
        {
            if (isConstant)
            {
                return builder.Constant(tensor);
            }

            inputs.Add(name, tensor);
            return builder.Input(name, tensor.Shape);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Images_are_kept_apart_unless_an_operand_mixes_them(int threads)
    {
        foreach (string right in (string[])["6x5x4", "1x5x4", "5x4", "5x6"])
        {
            var builder = new GraphBuilder();
            ValueHandle x = builder.Input("x", new Shape(6, 3, 5)), y = builder.Input("y", Parse(right));
            using var model = new Model(builder.Build(x.Relu().MatMul(y)));
            using Session session = model.CreateSession(new SessionOptions { Threads = threads });
            var inputs = new Dictionary<string, Tensor> { ["x"] = Random(new Random(1), x.Shape), ["y"] = Random(new Random(2), y.Shape) };
            session.With().Input("x", inputs["x"].Floats).Input("y", inputs["y"].Floats).Run();
            Tensor expected = ReferenceExecutor.Run(model.Graph, inputs).Values.Single();
            Assert.InRange(Difference(expected, Of(expected.Shape, session.Output<float>(session.Outputs[0].Name))), 0, 1e-5);
        }
    }

    // Operands of random ranks, inputs or constants.
    private static void AssertPlanAgrees(int seed)
    {
        var random = new Random(seed);
        int rows = random.Next(1, 9), depth = random.Next(1, 20), columns = random.Next(1, 40);
        int[] batch = [.. Enumerable.Range(0, random.Next(3)).Select(_ => random.Next(1, 4))];
        var builder = new GraphBuilder();
        var inputs = new Dictionary<string, Tensor> { ["unused"] = Counting(new Shape(1)) };
        ValueHandle left = Operand("left", rows, depth), right = Operand("right", depth, columns);
        LayerAgreement.AssertAgrees(builder.Build(left.MatMul(right), builder.Input("unused", new Shape(1))), inputs, 1e-5);

        ValueHandle Operand(string name, int height, int width)
        {
            int[] own = [.. batch[random.Next(batch.Length + 1)..].Select(size => random.Next(3) == 0 ? 1 : size)];
            Shape shape = random.Next(5) == 0 ? new Shape(depth) : new Shape([.. own, height, width]);
            Tensor value = Random(random, shape);
            if (random.Next(3) == 0)
            {
                return builder.Constant(value);
            }

            inputs.Add(name, value);
            return builder.Input(name, shape);
        }
    }

    private static Shape Parse(string dimensions) =>
        new([.. dimensions.Split('x', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)]);
}
