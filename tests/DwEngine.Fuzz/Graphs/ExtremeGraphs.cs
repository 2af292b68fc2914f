using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;

namespace DwEngine.Fuzz.Graphs;

/// <summary>Random graphs with extreme windows and channels, small enough for the naive reference, and the comparison with it.</summary>
internal static class ExtremeGraphs
{
    private const long MostReferenceWork = 1 << 20, MostElements = 1 << 16;
    private const double Tolerance = 5e-4;

    /// <summary>A graph and its input. The same seed makes the same.</summary>
    public static (Graph Graph, Tensor Input) Make(int seed)
    {
        var random = new Random(seed);
        var builder = new GraphBuilder();
        Shape shape = random.Next(8) switch
        {
            0 => new Shape(1, 1 + random.Next(3), 1, 1 + random.Next(3000)),
            1 => new Shape(1, 1, 1 + random.Next(3000), 1 + random.Next(2)),
            2 => new Shape(1, 1 + random.Next(1500), 1, 1),
            3 => new Shape(1 + random.Next(100), 1, 1 + random.Next(3), 1 + random.Next(3)),
            _ => new Shape(1 + random.Next(3), 1 + random.Next(6), 1 + random.Next(12), 1 + random.Next(12)),
        };
        ValueHandle x = builder.Input("x", shape);
        for (int layers = 1 + random.Next(4), tries = 40; layers > 0 && tries > 0; tries--)
        {
            try
            {
                if (Append(random, x) is { } next)
                {
                    x = next;
                    layers--;
                }
            }
            catch (ShapeException)
            {
                // A position of a pooling window that sees padding only.
            }
        }

        return (builder.Build(x), TestTensors.Random(random, shape));
    }

    /// <summary>Runs a graph with every instruction set of this CPU and some threads, and compares with the naive reference.</summary>
    /// <exception cref="WrongResultException">
    /// A result or the memory of a session is not what it should be; the message names the graph.
    /// </exception>
    public static void Check(Graph graph, Tensor input, int threads)
    {
        Tensor expected = ReferenceExecutor.Run(graph, input);
        float[] actual = new float[expected.Shape.ElementCount];
        var model = new Model(graph);
        foreach (Isa isa in Isas.Supported)
        {
            using Session session = model.CreateSession(new SessionOptions { Isa = isa, Threads = threads, Spin = TimeSpan.Zero });
            if (session.ArenaBytes > MemoryLimit(graph, threads))
            {
                throw new WrongResultException(
                    $"{Describe(graph)}: a session takes {session.ArenaBytes} bytes; at most {MemoryLimit(graph, threads)} were expected.");
            }

            Array.Fill(actual, float.NaN);
            session.Run(input.Floats, actual);
            double difference = TestTensors.Difference(expected, Tensor.FromFloats(expected.Shape, actual));
            if (!(difference <= Tolerance))
            {
                throw new WrongResultException($"{Describe(graph)}: with {isa} and {threads} threads, the result is off by {difference}.");
            }
        }
    }

    // Whatever the window: for each thread a few blocks of scratch, what a part of a row takes for the weights, and the activations, which
    // lie on cache lines.
    private static long MemoryLimit(Graph graph, int threads)
    {
        GraphFacts facts = graph.Infer();
        long floats = 0, weights = 0;
        foreach (Value value in graph.Values)
        {
            Shape shape = facts[value].Shape;
            long planes = shape.Rank > 1 ? (long)shape[0] * shape[1] : shape[0];
            floats += planes * ((shape.ElementCount / planes) + 32);
        }

        foreach (Node node in graph.Nodes)
        {
            weights += node.Layer.Parameters.Sum(parameter => parameter.Tensor.Shape.ElementCount);
        }

        return threads * ((16L << 20) + (64 * sizeof(float) * weights) + (4 * sizeof(float) * floats));
    }

    private static string Describe(Graph graph)
    {
        GraphFacts facts = graph.Infer();
        return string.Join(", ", graph.Nodes.Select(node => $"{node} {Detail(node.Layer)} on {facts.InputsOf(node)[0]}"));
    }

    private static string Detail(Layer layer) => layer switch
    {
        Convolution convolution => $"{convolution.Window} groups {convolution.Groups}",
        Pool pool => $"{pool.Window}",
        _ => "",
    };

    // Null if the naive reference would take too long.
    private static ValueHandle? Append(Random random, ValueHandle x)
    {
        Shape shape = x.Shape;
        int channels = shape[1];
        Window window = random.Next(5) == 0 && shape[2] > 1
            ? Window.Square(3, stride: 2, padding: 1)
            : ExtremeWindows.Make(random, shape[2], shape[3]);
        int kind = random.Next(9);
        int groups = kind switch { 0 or 1 => 1, 2 or 3 => channels, 4 => channels % 2 == 0 ? channels / 2 : 1, _ => 0 };
        int multiplier = groups == 1 ? 1 + random.Next(random.Next(10) == 0 ? 200 : 6) : 1 + random.Next(2);
        int outputs = groups > 0 ? groups * multiplier : channels;
        long pixels = (long)window.OutputHeight(shape[2]) * window.OutputWidth(shape[3]);
        long taps = (long)window.KernelHeight * window.KernelWidth * (groups > 0 ? channels / groups : 1);
        if (pixels < 1 || (double)taps * pixels * outputs * shape[0] > MostReferenceWork || pixels * outputs * shape[0] > MostElements
            || taps * outputs > MostElements)
        {
            return null;
        }

        switch (kind)
        {
            case 5:
                return x.MaxPool(window);
            case 6:
                return x.AveragePool(window, random.Next(2) == 0);
            case 7:
                return channels > 1 && random.Next(2) == 0 ? x.ChannelShuffle(channels) : x.Concat(x);
            case 8:
                return x.Relu();
            default:
                // So scaled that results stay of order 1.
                float bound = MathF.Sqrt(3f / taps);
                Tensor weights = TestTensors.Random(
                    random, new Shape(outputs, channels / groups, window.KernelHeight, window.KernelWidth), -bound, bound);
                Tensor? bias = random.Next(2) == 0 ? TestTensors.Random(random, new Shape(outputs)) : null;
                return x.Convolution(weights, bias, window, groups);
        }
    }
}
