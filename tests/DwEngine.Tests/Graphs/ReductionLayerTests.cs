using System.Runtime.InteropServices;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Kernels.Reductions;
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

/// <summary>Reductions over any axes.</summary>
public class ReductionLayerTests
{
    [Theory]
    [InlineData("Sum", -3, -3)]
    [InlineData("Max", -3, -3)]
    [InlineData("L1", -3, 3)]
    [InlineData("L2", -3, 3)]
    [InlineData("SumSquare", -3, 9)]
    [InlineData("LogSumExp", -3, -3)]
    [InlineData("LogSum", 20, 2.99573)]
    public void A_scalar_is_reduced(string operation, float x, double expected)
    {
        var builder = new GraphBuilder();
        Graph graph = builder.Build(builder.Input("x", new Shape()).Apply(new Reduce(operation)));
        Tensor output = LayerAgreement.AssertAgrees(graph, Tensor.FromFloats(new Shape(), [x]), 1e-6);
        Assert.Equal(new Shape(), output.Shape);
        Assert.Equal(expected, output.Floats[0], 1e-5);
    }

    [Theory]
    [InlineData("SumSquare", 9)]
    [InlineData("L1", 3)]
    public void A_whole_scalar_is_reduced(string operation, byte expected)
    {
        var builder = new GraphBuilder();
        Graph graph = builder.Build(builder.Input("x", new Shape(), ElementType.Int8).Apply(new Reduce(operation)));
        Assert.Equal(
            [expected], LayerAgreement.AssertAgrees(graph, Tensor.FromBytes(ElementType.Int8, new Shape(), [0xFD])).Bytes.ToArray());
    }

    [Theory]
    [InlineData("Sum", -6f)]
    [InlineData("Mean", -2f)]
    [InlineData("Max", 2f)]
    [InlineData("Min", -5f)]
    [InlineData("Prod", 30f)]
    [InlineData("L1", 10f)]
    [InlineData("L2", 6.164414f)]
    [InlineData("SumSquare", 38f)]
    [InlineData("LogSumExp", 2.0076208f)]
    public void An_operation_is_what_it_says(string operation, float expected)
    {
        Tensor result = new Reduce(operation).Reference([Of(new Shape(3), 2, -5, -3)])[0];
        Assert.Equal(new Shape(1), result.Shape);
        Assert.Equal(expected, result.Floats[0], 1e-6f);
    }

    [Fact]
    public void Axes_are_attributes_or_a_constant_and_stay_or_go()
    {
        Tensor x = Counting(new Shape(2, 3, 2));
        Tensor sum = new Reduce("Sum", [-2]).Reference([x])[0];
        Assert.Equal(new Shape(2, 1, 2), sum.Shape);
        Assert.Equal([0 + 2 + 4, 1 + 3 + 5, 6 + 8 + 10, 7 + 9 + 11], sum.Floats);
        Tensor inner = new Reduce("Sum", keepsAxes: false).Reference([x, LayoutGraphs.Integers(new Shape(2), 0, 2)])[0];
        Assert.Equal(new Shape(3), inner.Shape);
        Assert.Equal([0 + 1 + 6 + 7, 2 + 3 + 8 + 9, 4 + 5 + 10 + 11], inner.Floats);
        Assert.Equal(new Shape(1, 1, 1), new Reduce("Max").Infer([x.Shape])[0].Shape);
        Assert.Equal(new Shape(), new Reduce("Max", [], keepsAxes: false).Infer([x.Shape])[0].Shape);
        Assert.Equal(x.Shape, new Reduce("Max", [], isIdentityWithoutAxes: true).Infer([x.Shape])[0].Shape);
    }

    [Fact]
    public void What_cannot_be_reduced_is_refused()
    {
        Assert.Contains("LogSumExp", Assert.Throws<GraphException>(() => new Reduce("sum")).Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => new Reduce("Sum", [2]).Infer([new Shape(2, 3)]));
        Assert.Throws<ShapeException>(() => new Reduce("Sum").Infer([new Shape(2, 0)]));
        Assert.Throws<ShapeException>(() => new Reduce("L2").Infer([new Fact(ElementType.Int64, new Shape(2))]));
        Assert.Throws<ShapeException>(() => new Reduce("L1", [0]).Infer([new Shape()]));
        Assert.Throws<ShapeException>(() => new Reduce("Sum").Infer([new Shape(2), new Fact(ElementType.Int64, new Shape(1))]));
    }

    [Fact]
    public void The_number_of_elements_of_a_shape_folds_away()
    {
        var builder = new GraphBuilder();
        ValueHandle count = builder.Input("x", new Shape(2, 3, 4)).ShapeOf().Slice([1], [3]).Reduce("Prod", keepsAxes: false);
        Assert.Equal([12], MemoryMarshal.Cast<byte, long>(count.Fact.Constant!.Bytes).ToArray());
    }

    [Fact]
    public void The_mean_of_height_and_width_is_a_pooling()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(2, 24, 7, 7));
        Graph graph = builder.Build(x.Reduce("Mean", [2, 3]), x.Reduce("Mean", [-1, -2], keepsAxes: false));
        Plan plan = Planner.Build(graph, [x.Shape], Isas.Best, new PackedWeights());
        Assert.Equal(["global-average-pool", "global-average-pool", "copy", "copy"], plan.Steps.Select(step => step.Kernel.Name));
    }

    [Fact]
    public void Any_axes_of_any_shape_are_reduced_as_the_references_say() => Check.One(
        Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(TestSpeed.IsSlow ? 30 : 300),
        Prop.ForAll(Arb.From(Gen.Choose(int.MinValue, int.MaxValue)), AssertPlanAgrees));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Images_are_kept_apart_unless_they_are_reduced(int threads)
    {
        foreach (int axis in (int[])[0, 1])
        {
            var builder = new GraphBuilder();
            ValueHandle x = builder.Input("x", new Shape(6, 3, 4, 5));
            Graph graph = builder.Build(x.Relu().Reduce("Max", [axis], keepsAxes: axis == 1).Exp());
            using var model = new Model(graph);
            using Session session = model.CreateSession(new SessionOptions { Threads = threads });
            Tensor input = Random(new Random(axis), x.Shape);
            float[] found = new float[session.Outputs[0].Shape.ElementCount];
            session.Run(input.Floats, found);
            Assert.InRange(Difference(ReferenceExecutor.Run(graph, input), Of(session.Outputs[0].Shape, found)), 0, 1e-6);
        }
    }

    private static void AssertPlanAgrees(int seed)
    {
        var random = new Random(seed);
        var shape = new Shape([.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(3) == 0 ? 1 : random.Next(1, 8))]);
        ElementType type = random.Next(3) switch { 0 => ElementType.Int64, 1 => ElementType.Int32, _ => ElementType.Float32 };
        ReductionOperator[] operators = [.. Enum.GetValues<ReductionOperator>()
            .Where(operation => operation != ReductionOperator.LogSum && operation != ReductionOperator.Prod)
            .Where(operation => type == ElementType.Float32 || (operation.TakesIntegers() && operation != ReductionOperator.Mean))];
        int[] axes =
            [.. Enumerable.Range(0, shape.Rank).Where(_ => random.Next(2) == 0).Select(axis => axis - (random.Next(2) * shape.Rank))];
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", shape, type);
        // Planes that lie in another order than their elements do in memory.
        ValueHandle moved = shape.Rank > 1 && random.Next(2) == 0 ? x.Transpose([1, 0, .. Enumerable.Range(2, shape.Rank - 2)]) : x;
        string operation = random.GetItems(operators, 1)[0].ToString();
        ValueHandle reduced = moved.Apply(new Reduce(operation, [.. axes], random.Next(2) == 0, random.Next(2) == 0));
        LayerAgreement.AssertAgrees(
            builder.Build(reduced, reduced.Reshape([-1])),
            new Dictionary<string, Tensor> { ["x"] = LayoutGraphs.Fill(random, type, shape) }, 1e-5);
    }
}
