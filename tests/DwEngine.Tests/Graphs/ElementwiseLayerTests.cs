using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Kernels.Elementwise;
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

/// <summary>Layers of elementwise operators: shapes that meet, constants, lists of planes, and what they say of themselves.</summary>
public class ElementwiseLayerTests
{
    [Fact]
    public void Inputs_of_shapes_that_broadcast_are_computed_as_their_references_do()
    {
        Gen<int> seeds = Gen.Choose(int.MinValue, int.MaxValue);
        Check.One(
            Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(TestSpeed.IsSlow ? 30 : 200),
            Prop.ForAll(Arb.From(seeds), AssertPlanAgrees));
    }

    [Fact]
    public void Axes_are_counted_from_the_last_and_those_of_length_1_repeat()
    {
        Tensor sum = new Binary("Add").Reference([Of(new Shape(2, 1, 2), 1, 2, 3, 4), Of(new Shape(3, 1), 10, 20, 30)])[0];
        Assert.Equal(new Shape(2, 3, 2), sum.Shape);
        Assert.Equal([11, 12, 21, 22, 31, 32, 13, 14, 23, 24, 33, 34], sum.Floats);
        Tensor slopes = new Binary("PRelu").Reference([Of(new Shape(2, 2), -1, 2, -3, 4), Of(new Shape(), 0.5f)])[0];
        Assert.Equal([-0.5f, 2, -1.5f, 4], slopes.Floats);
    }

    [Fact]
    public void Answers_are_bytes_that_select()
    {
        var shape = new Shape(1, 4);
        Tensor x = Of(shape, 1, float.NaN, 3, -0f), y = Of(new Shape(1, 1), 0);
        Tensor answers = new Comparison("Greater").Reference([x, y])[0];
        Assert.Equal((ElementType.Bool, shape), (answers.Type, answers.Shape));
        Assert.Equal([1, 0, 1, 0], answers.Bytes.ToArray());
        Assert.Equal([1, 9, 3, 9], new Where().Reference([answers, x, Of(new Shape(), 9)])[0].Floats);
        Assert.Equal([new Fact(ElementType.Bool, shape)], new Comparison("Greater").Infer([shape, new Shape(1, 1)]));
    }

    [Theory]
    [InlineData("1x2", "3x3")]
    [InlineData("2x1x3", "2x2")]
    [InlineData("1x0", "1x1")]
    public void Shapes_that_do_not_meet_are_refused(string left, string right)
    {
        (Shape a, Shape b) = (Parse(left), Parse(right));
        Assert.Throws<ShapeException>(() => new Binary("Mul").Infer([a, b]));
        Assert.Throws<ShapeException>(() => new Comparison("Less").Infer([b, a]));
        Assert.Throws<ShapeException>(() => new Where().Infer([new Fact(ElementType.Bool, a), a, b]));
    }

    [Fact]
    public void Other_element_types_are_refused()
    {
        var floats = new Shape(1, 2);
        var bytes = new Fact(ElementType.Bool, floats);
        Assert.Throws<ShapeException>(() => new Unary("Exp").Infer([bytes]));
        Assert.Throws<ShapeException>(() => new Binary("Add").Infer([floats, bytes]));
        Assert.Throws<ShapeException>(() => new Comparison("Less").Infer([bytes, floats]));
        Assert.Throws<ShapeException>(() => new Where().Infer([floats, floats, floats]));
    }

    [Fact]
    public void Unknown_names_and_numbers_that_are_none_are_refused()
    {
        Assert.Contains("LeakyRelu", Assert.Throws<GraphException>(() => new Unary("leaky")).Message, StringComparison.Ordinal);
        Assert.Contains("PRelu", Assert.Throws<GraphException>(() => new Binary("Relu")).Message, StringComparison.Ordinal);
        Assert.Contains("GreaterOrEqual", Assert.Throws<GraphException>(() => new Comparison("Add")).Message, StringComparison.Ordinal);
        var problem = Assert.Throws<GraphException>(() => new Unary("LeakyRelu", ("slope", 1)));
        Assert.Contains("alpha", problem.Message, StringComparison.Ordinal);
        Assert.Throws<GraphException>(() => new Unary("LeakyRelu", ("alpha", double.NaN)));
        Assert.Throws<GraphException>(() => new Unary("LeakyRelu", ("alpha", 1), ("alpha", 2)));
    }

    [Fact]
    public void A_layer_says_what_it_was_made_with()
    {
        Assert.Equal("HardSigmoid", new Unary("HardSigmoid").Kind);
        Assert.Equal(
            [new LayerAttribute("alpha", 0.25), new LayerAttribute("beta", 0.5)], new Unary("HardSigmoid", ("alpha", 0.25)).Attributes);
        Assert.Empty(new Unary("Relu").Attributes);
        Assert.Equal(new Clamp(-1, 1), new Unary("Clip", ("max", 1), ("min", -1)).Clamp);
        Assert.Null(new Unary("Tanh").Clamp);
        Assert.Equal([new LayerAttribute("low", 0.0), new LayerAttribute("high", 6.0)], new Binary("Mul", Clamp.Relu6).Attributes);
    }

    [Fact]
    public void Constants_are_computed_beforehand_with_the_bits_of_the_kernels()
    {
        Tensor values = Random(new Random(1), new Shape(3, 50), -5, 5), others = Random(new Random(2), new Shape(50), -5, 5);
        foreach (UnaryEntry entry in OperatorTable.Entries.OfType<UnaryEntry>())
        {
            Tensor folded = new Unary(entry.Traits.Name).Infer([Fact.Of(values)])[0].Constant!;
            AssertSameBits(folded, x => x.Apply(new Unary(entry.Traits.Name)), values);
        }

        foreach (BinaryEntry entry in OperatorTable.Entries.OfType<BinaryEntry>())
        {
            var layer = new Binary(entry.Traits.Name, Clamp.Relu6);
            Tensor folded = layer.Infer([Fact.Of(values), Fact.Of(others)])[0].Constant!;
            AssertSameBits(folded, x => x.Builder.Apply(layer, [x, x.Builder.Constant(others)])[0], values);
        }
    }

    [Theory]
    [InlineData("116x1x1")]
    [InlineData("1x116x1x1")]
    [InlineData("")]
    [InlineData("14")]
    [InlineData("14x1")]
    public void An_operand_that_repeats_is_not_copied(string dimensions)
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(2, 116, 14, 14));
        Graph graph = builder.Build(x.Multiply(builder.Constant(Random(new Random(1), Parse(dimensions)))));
        Plan plan = Planner.Build(graph, [x.Shape], Isas.Best, new PackedWeights());
        Assert.Equal(["mul", "copy"], plan.Steps.Select(step => step.Kernel.Name));
    }

    [Fact]
    public void A_gate_of_channels_takes_one_step_for_each_layer()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(1, 24, 14, 14));
        Graph graph = builder.Build(x.Multiply(x.GlobalAveragePool().Sigmoid()));
        Plan plan = Planner.Build(graph, [x.Shape], Isas.Best, new PackedWeights());
        Assert.Equal(["global-average-pool", "sigmoid", "mul", "copy"], plan.Steps.Select(step => step.Kernel.Name));
        // The means lie side by side, so they are one plane.
        Assert.Single(plan.Steps[1].Inputs);
    }

    [Fact]
    public void Images_are_kept_apart_unless_an_operand_mixes_them()
    {
        Fact x = new Shape(4, 3, 2, 2), wholeConstant = Fact.Of(Counting(new Shape(4, 3, 2, 2)));
        Assert.True(new Binary("Add").KeepsImagesApart([x, x]));
        Assert.True(new Binary("Add").KeepsImagesApart([x, Fact.Of(Counting(new Shape(3, 1, 1)))]));
        Assert.False(new Binary("Add").KeepsImagesApart([x, new Shape(1, 3, 2, 2)]));
        Assert.False(new Binary("Add").KeepsImagesApart([x, new Shape(2, 2)]));
        Assert.False(new Binary("Add").KeepsImagesApart([wholeConstant, x]));
    }

    [Fact]
    public void Images_that_an_operand_mixes_are_right_on_several_threads()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(8, 3));
        ValueHandle y = builder.Input("y", new Shape(8, 8, 3));
        using var model = new Model(builder.Build(x.Add(y).Tanh()));
        var inputs = new Dictionary<string, Tensor> { ["x"] = Random(new Random(1), x.Shape), ["y"] = Random(new Random(2), y.Shape) };
        using Session session = model.CreateSession(new SessionOptions { Threads = 2 });
        float[] found = new float[8 * 8 * 3];
        session.With().Input("x", inputs["x"].Floats).Input("y", inputs["y"].Floats).Output<float>(session.Outputs[0].Name, found).Run();
        Tensor expected = ReferenceExecutor.Run(model.Graph, inputs).Values.Single();
        Assert.InRange(Difference(expected, Tensor.FromFloats(expected.Shape, found)), 0, 1e-6);
    }

    // One operator of two or three random operands, constants among them, on every instruction set.
    private static void AssertPlanAgrees(int seed)
    {
        var random = new Random(seed);
        int[] dimensions = [.. Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(1, 6))];
        var builder = new GraphBuilder();
        var inputs = new Dictionary<string, Tensor>();
        ValueHandle left = Operand("left"), right = Operand("right");
        ValueHandle result = random.Next(4) switch
        {
            0 => left.IsLess(right),
            1 => left.IsLess(right).Where(Operand("other"), right),
            2 => left.Maximum(right),
            _ => left.Subtract(right),
        };
        Graph graph = builder.Build(result, builder.Input("unused", new Shape(1)));
        inputs.Add("unused", Counting(new Shape(1)));
        IReadOnlyDictionary<string, Tensor> expected = ReferenceExecutor.Run(graph, inputs);
        foreach (Isa isa in Isas.Supported)
        {
            Plan plan = Planner.Build(graph, [.. graph.Inputs.Select(input => input.DefaultShape)], isa, new PackedWeights());
            foreach ((string name, Tensor tensor) in PlanRunner.Run(plan, graph, inputs))
            {
                Assert.Equal((expected[name].Type, expected[name].Shape), (tensor.Type, tensor.Shape));
                string shapes = string.Join(", ", inputs.Values.Select(x => x.Shape));
                Assert.True(expected[name].Bytes.SequenceEqual(tensor.Bytes), $"{isa}: {graph.Nodes[^1]} of {shapes}");
            }
        }

        ValueHandle Operand(string name)
        {
            int missing = random.Next(random.Next(2) == 0 ? 1 : dimensions.Length + 1);
            int[] own = [.. dimensions[missing..].Select(d => random.Next(3) == 0 ? 1 : d)];
            Tensor value = Random(random, new Shape(own));
            if (random.Next(3) == 0)
            {
                return builder.Constant(value);
            }

            inputs.Add(name, value);
            ValueHandle input = builder.Input(name, value.Shape);
            // Planes that lie in the order of a list, not in that of memory.
            return value.Shape.Rank > 2 && value.Shape[1] % 2 == 0 ? input.ChannelShuffle(2) : input;
        }
    }

    private static void AssertSameBits(Tensor folded, Func<ValueHandle, ValueHandle> layer, Tensor input)
    {
        var builder = new GraphBuilder();
        Graph graph = builder.Build(layer(builder.Input("x", input.Shape)));
        foreach (Isa isa in Isas.Supported.Where(isa => Isas.IsReproducible(isa)))
        {
            Plan plan = Planner.Build(graph, [input.Shape], isa, new PackedWeights());
            Tensor found = PlanRunner.Run(plan, graph, new Dictionary<string, Tensor> { ["x"] = input }).Values.Single();
            Assert.Equal(folded.Floats.ToArray(), found.Floats.ToArray());
        }
    }

    private static Shape Parse(string dimensions) =>
        new([.. dimensions.Split('x', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)]);
}
