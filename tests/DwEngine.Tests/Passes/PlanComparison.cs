using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Passes;
using DwEngine.Planning;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Tests.Planning;
using Xunit;

namespace DwEngine.Tests.Passes;

/// <summary>The plan of a graph before and after passes, and what both compute.</summary>
internal static class PlanComparison
{
    public static readonly Shape Image = new(1, 6, 9, 11);

    /// <summary>Asserts the kernels of both plans, and that the outputs are those of the naive reference.</summary>
    /// <param name="pass">What is tried; on what it gives, it has nothing to do.</param>
    /// <param name="build">Makes the outputs of the graph from its only input.</param>
    /// <param name="before">The kernels of the plan as the graph was written, separated by blanks.</param>
    /// <param name="after">The kernels of the plan after the pass.</param>
    /// <param name="sameBits">Whether both plans give the same bits.</param>
    /// <param name="shape">The input's shape; <see cref="Image"/> if left out.</param>
    /// <param name="others">Other shapes that the graph must be right for.</param>
    public static Graph Check(
        IGraphPass pass,
        Func<ValueHandle, ValueHandle> build,
        string before,
        string after,
        bool sameBits = false,
        Shape? shape = null,
        params Shape[] others)
    {
        Graph graph = Build(build, shape), changed = pass.Run(graph);
        Assert.Equal((before, after), (KernelsOf(graph), KernelsOf(changed)));
        Assert.Same(changed, pass.Run(changed));
        Compare(graph, changed, sameBits, [graph.Inputs[0].DefaultShape, .. others]);
        return changed;
    }

    /// <summary>Asserts that a pass leaves the graph as it is: the same object.</summary>
    public static void Stays(IGraphPass pass, Func<ValueHandle, ValueHandle> build, Shape? shape = null)
    {
        Graph graph = Build(build, shape);
        Assert.Same(graph, pass.Run(graph));
    }

    /// <summary>The kernels of a plan, separated by blanks, without the copies of the input and of the output.</summary>
    public static string KernelsOf(Graph graph) => string.Join(
        ' ', PlanOf(graph, graph.Inputs[0].DefaultShape).Steps.SkipLast(graph.Outputs.Length)
            .Where(step => step.Name != "stage input").Select(step => step.Kernel.Name));

    public static Graph Build(Func<ValueHandle, ValueHandle> build, Shape? shape = null)
    {
        ValueHandle x = new GraphBuilder().Input("x", shape ?? Image);
        return x.Builder.Build(("y", build(x)));
    }

    public static void Compare(Graph graph, Graph changed, bool sameBits, params Shape[] shapes)
    {
        foreach (Shape size in shapes)
        {
            var input = new Dictionary<string, Tensor> { ["x"] = Weights((int)size.ElementCount, size, -4, 4) };
            Tensor expected = ReferenceExecutor.Run(graph, input)["y"];
            Tensor first = PlanRunner.Run(PlanOf(graph, size), graph, input)["y"];
            Tensor second = PlanRunner.Run(PlanOf(changed, size), changed, input)["y"];
            Assert.Equal(expected.Shape, second.Shape);
            Assert.InRange(TestTensors.Difference(expected, second), 0, 1e-4);
            Assert.True(!sameBits || first.Bytes.SequenceEqual(second.Bytes), $"The bits differ at {size}.");
        }
    }

    public static Tensor Weights(int seed, Shape shape, float low = -0.5f, float high = 0.5f) =>
        TestTensors.Random(new Random(seed), shape, low, high);

    public static ValueHandle Convolve(
        this ValueHandle x, int kernel = 1, int groups = 1, int padding = -1, bool hasBias = true) => x.Convolution(
            Weights(kernel, new Shape(6, x.Shape[1] / groups, kernel, kernel)),
            hasBias ? Weights(kernel + 1, new Shape(6)) : null,
            Window.Square(kernel, padding: padding < 0 ? kernel / 2 : padding),
            groups);

    public static ValueHandle Number(this ValueHandle x, double value, params int[] dimensions) =>
        x.Builder.Constant(Tensor.FromFloats(new Shape(dimensions), [(float)value]));

    public static ValueHandle Numbers(this ValueHandle x, int seed, params int[] dimensions) =>
        x.Builder.Constant(Weights(seed, new Shape(dimensions), 0.5f, 2));

    private static Plan PlanOf(Graph graph, Shape shape) => Planner.Build(graph, [shape], Isas.Best, new PackedWeights());
}

/// <summary>The passes before planning as one.</summary>
internal sealed class WholePipeline : IGraphPass
{
    public string Name => "inference";

    public Graph Run(Graph graph) => PassPipeline.Inference.Run(graph);
}
