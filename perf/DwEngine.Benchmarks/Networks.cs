using System.Collections.Concurrent;
using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Kernels.Elementwise;
using DwEngine.Models;
using DwEngine.Passes;
using DwEngine.Tensors;

namespace DwEngine.Benchmarks;

/// <summary>ShuffleNet V2 networks with random weights, which take as long as trained ones.</summary>
internal static class Networks
{
    private const int InputSize = 224;

    private static readonly ConcurrentDictionary<string, long> s_multiplyAdds = new();

    /// <summary>The names that <see cref="Build"/> takes.</summary>
    public static ImmutableArray<string> Names { get; } = ["shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x0_5_expanded"];

    /// <summary>A network with weights that follow from a fixed seed.</summary>
    public static Graph Build(string name)
    {
        var architecture = new ShuffleNetV2Dimensions
        {
            Channels = name.Contains("x0_5", StringComparison.Ordinal) ? [24, 48, 96, 192, 1024] : [24, 116, 232, 464, 1024],
            Classes = 1000,
        };
        if (name.EndsWith("_expanded", StringComparison.Ordinal))
        {
            architecture = new ShuffleNetV2Dimensions
            {
                Channels = architecture.Channels,
                Classes = architecture.Classes,
                Modified = SpatialNames(architecture).ToImmutableSortedDictionary(
                    spatial => spatial, _ => new SpatialConvolution(IsRegular: true, Multiplier: 1), StringComparer.Ordinal),
            };
        }

        return architecture.BuildGraph(RandomTensors(architecture), InputSize);
    }

    /// <summary>Multiply-adds of one run of a network.</summary>
    public static long MultiplyAdds(string name) => s_multiplyAdds.GetOrAdd(name, key => Build(key).Infer().TotalMultiplyAdds);

    /// <summary>A graph of the layers that those networks lack, in shapes that they could have.</summary>
    public static Graph BuildOtherLayers()
    {
        var builder = new GraphBuilder();
        var channels = new Shape(116);
        var random = new Random(1);
        ValueHandle x = builder.Input("x", new Shape(1, 116, 28, 28));
        ValueHandle normed =
            x.BatchNorm(Random(random, channels, 1), Random(random, channels, 1), Random(random, channels, 1), Ones(channels));
        ValueHandle pooled = x.Add(normed).Relu6().AveragePool(Window.Square(2, stride: 2));
        return builder.Build(pooled, builder.Input("logits", new Shape(1, 1000)).Softmax(), pooled.ChannelShuffle(2).Flatten());
    }

    /// <summary>Every elementwise operator of the table, in a shape that networks have.</summary>
    public static Graph BuildElementwise()
    {
        var builder = new GraphBuilder();
        var shape = new Shape(1, 116, 28, 28);
        ValueHandle x = builder.Input("x", shape), y = builder.Input("y", shape);
        ValueHandle[] results =
        [
            .. OperatorTable.Entries.Select(entry => entry switch
            {
                UnaryEntry => x.Apply(new Unary(entry.Traits.Name)),
                BinaryEntry => builder.Apply(new Binary(entry.Traits.Name), [x, y])[0],
                _ => builder.Apply(new Comparison(entry.Traits.Name), [x, y])[0],
            }),
            x.IsLess(y).Where(x, y),
        ];
        return builder.Build(results);
    }

    /// <summary>Products of matrices, reductions, norms and rows along axes, in shapes that networks have.</summary>
    public static Graph BuildAlongAxes()
    {
        var builder = new GraphBuilder();
        var random = new Random(1);
        ValueHandle x = builder.Input("x", new Shape(1, 116, 28, 28)), rows = builder.Input("rows", new Shape(1, 196, 192));
        ValueHandle logits = builder.Input("logits", new Shape(1, 1000));
        Tensor ones = Ones(new Shape(116));
        return builder.Build(
            rows.MatMul(rows.Transpose([0, 2, 1])),
            rows.MatMul(builder.Constant(Random(random, new Shape(192, 192), 0.1f))),
            logits.MatMul(builder.Input("weights", new Shape(1000, 100))),
            x.Reduce("Sum", [1]),
            x.Reduce("L2", [2, 3]),
            x.InstanceNorm(ones, ones),
            rows.Apply(new LayerNorm()),
            x.LocalResponseNorm(5),
            logits.LogSoftmax(),
            x.Softmax(1),
            logits.Hardmax(),
            logits.ArgMax(1),
            logits.TopK(5).Values,
            logits.CumulativeSum(1),
            rows.Gather(builder.Input("places", new Shape(100), ElementType.Int64), 1),
            rows.GatherND(builder.Input("pairs", new Shape(1, 100, 2), ElementType.Int64)),
            builder.Input("boxes", new Shape(1, 2000, 4))
                .NonMaxSuppression(builder.Input("scores", new Shape(1, 80, 2000)), 100, 0.5f, 0.3f));
    }

    /// <summary>What sessions run of a graph.</summary>
    public static Graph Optimize(Graph graph) => PassPipeline.Inference.Run(graph);

    /// <summary>Uniform numbers between -scale and scale.</summary>
    public static Tensor Random(Random random, Shape shape, float scale)
    {
        float[] values = new float[shape.ElementCount];
        foreach (ref float value in values.AsSpan())
        {
            value = ((random.NextSingle() * 2) - 1) * scale;
        }

        return Tensor.FromFloats(shape, values);
    }

    // The 3x3 convolutions of the branches: all that have four dimensions, a 3x3 kernel, and stand in a stage.
    private static IEnumerable<string> SpatialNames(ShuffleNetV2Dimensions architecture) =>
        from spec in architecture.ExpectedTensors()
        where spec.Shape.Rank == 4 && spec.Shape[2] == 3 && spec.Name.StartsWith("stage", StringComparison.Ordinal)
        select spec.Name[..^".weight".Length];

    // Scaled so that activations neither vanish nor overflow: denormal numbers would cost time.
    private static StateDict RandomTensors(ShuffleNetV2Dimensions architecture)
    {
        var random = new Random(1);
        var tensors = new StateDict();
        foreach (TensorSpec spec in architecture.ExpectedTensors())
        {
            bool isScale = spec.Shape.Rank == 1 && spec.Name.EndsWith(".weight", StringComparison.Ordinal);
            tensors.Add(spec.Name, isScale || spec.Name.EndsWith("running_var", StringComparison.Ordinal)
                ? Ones(spec.Shape)
                : Random(random, spec.Shape, spec.Shape.Rank == 1 ? 0.1f : MathF.Sqrt(6f * spec.Shape[0] / spec.Shape.ElementCount)));
        }

        return tensors;
    }

    private static Tensor Ones(Shape shape)
    {
        float[] values = new float[shape.ElementCount];
        values.AsSpan().Fill(1);
        return Tensor.FromFloats(shape, values);
    }
}
