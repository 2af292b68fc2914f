using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Planning;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DwEngine.Tests.Planning;

/// <summary>Holds planned graphs to the naive references of their layers.</summary>
internal static class LayerAgreement
{
    /// <summary>Runs a check with many seeds.</summary>
    public static void ForAll(int count, Action<Random> check) => Check.One(
        Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(TestSpeed.IsSlow ? count / 5 : count),
        Prop.ForAll(Arb.From(Gen.Choose(int.MinValue, int.MaxValue)), seed => check(new Random(seed))));

    /// <summary>
    /// Fails unless the plan of every instruction set computes what the references say: floats within a tolerance in units of the
    /// largest, all else exactly; and unless all that are reproducible give the same bits.
    /// </summary>
    /// <returns>What the references say, by output.</returns>
    public static IReadOnlyDictionary<string, Tensor> AssertAgrees(
        Graph graph, IReadOnlyDictionary<string, Tensor> inputs, double tolerance = 0)
    {
        IReadOnlyDictionary<string, Tensor> expected = ReferenceExecutor.Run(graph, inputs);
        Dictionary<string, Tensor>? first = null;
        Shape[] shapes = [.. graph.Inputs.Select(input => inputs[input.Name].Shape)];
        foreach (Isa isa in Isas.Supported)
        {
            Plan plan = Planner.Build(graph, shapes, isa, new PackedWeights());
            Dictionary<string, Tensor> found = PlanRunner.Run(plan, graph, inputs);
            foreach ((string name, Tensor tensor) in found)
            {
                AssertSame(expected[name], tensor, tolerance, $"{isa}: {graph.Nodes[^1]}");
                if (Isas.IsReproducible(isa) && first is not null)
                {
                    Assert.True(
                        first[name].Bytes.SequenceEqual(tensor.Bytes), $"{isa} beside another: {graph.Nodes[^1]}: other bits of {name}.");
                }
            }

            first ??= Isas.IsReproducible(isa) ? found : null;
        }

        return expected;
    }

    /// <summary>The same of a graph with one input, which bears the name <c>x</c>, and one output.</summary>
    public static Tensor AssertAgrees(Graph graph, Tensor input, double tolerance = 0) =>
        Assert.Single(AssertAgrees(graph, new Dictionary<string, Tensor> { ["x"] = input }, tolerance)).Value;

    private static void AssertSame(Tensor expected, Tensor actual, double tolerance, string what)
    {
        Assert.Equal((expected.Type, expected.Shape), (actual.Type, actual.Shape));
        if (expected.Type == ElementType.Float32 && tolerance > 0)
        {
            double difference = TestTensors.Difference(expected, actual);
            Assert.True(difference <= tolerance, $"{what}: {difference} off.");
        }
        else
        {
            Assert.True(expected.Bytes.SequenceEqual(actual.Bytes), $"{what}: other bits.");
        }
    }
}
