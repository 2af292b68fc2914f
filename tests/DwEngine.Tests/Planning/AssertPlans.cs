using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Planning;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Planning;

/// <summary>Compares plans of a graph with its layers' naive references.</summary>
internal static class AssertPlans
{
    /// <summary>
    /// Fails unless plans for all instruction sets give what the references give: floats within a tolerance, and the same bits on each
    /// instruction set; other elements to the bit.
    /// </summary>
    public static void Agree(Graph graph, IReadOnlyDictionary<string, Tensor> inputs, double tolerance = 1e-5)
    {
        IReadOnlyDictionary<string, Tensor> expected = ReferenceExecutor.Run(graph, inputs);
        Dictionary<string, Tensor>? first = null;
        foreach (Isa isa in Isas.Supported)
        {
            Plan plan = Planner.Build(graph, [.. graph.Inputs.Select(input => inputs[input.Name].Shape)], isa, new PackedWeights());
            Dictionary<string, Tensor> found = PlanRunner.Run(plan, graph, inputs);
            Same(expected, found, tolerance, $"{isa}: {graph.Nodes[^1]}");
            if (Isas.IsReproducible(isa))
            {
                Same(first ??= found, found, 0, $"{isa} beside another: {graph.Nodes[^1]}");
            }
        }
    }

    private static void Same(IReadOnlyDictionary<string, Tensor> expected, Dictionary<string, Tensor> found, double tolerance, string what)
    {
        foreach ((string name, Tensor tensor) in found)
        {
            Tensor wanted = expected[name];
            Assert.Equal((wanted.Type, wanted.Shape), (tensor.Type, tensor.Shape));
            if (tensor.Type == ElementType.Float32 && tolerance > 0)
            {
                double difference = TestTensors.Difference(wanted, tensor);
                Assert.True(difference <= tolerance, $"{what}: {difference} off.");
            }
            else
            {
                Assert.True(wanted.Bytes.SequenceEqual(tensor.Bytes), $"{what}: other bits.");
            }
        }
    }
}
