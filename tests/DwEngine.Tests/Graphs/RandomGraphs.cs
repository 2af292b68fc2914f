using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Graphs;

/// <summary>
/// Small random graphs of every layer: values are read by several layers or by none, and are handed out in the middle. The same seed makes
/// the same graph.
/// </summary>
internal static class RandomGraphs
{
    /// <summary>A graph of one or two inputs, and these.</summary>
    public static (Graph Graph, Dictionary<string, Tensor> Inputs) Make(int seed)
    {
        var random = new Random(seed);
        return Make(random, hasTwoInputs: random.Next(3) == 0);
    }

    /// <summary>A graph of one input and one output, as a model must be, and the input. A layer computes the output.</summary>
    public static (Graph Graph, Tensor Input) MakeModel(int seed)
    {
        var random = new Random(seed);
        (Graph graph, Dictionary<string, Tensor> inputs) = Make(random, hasTwoInputs: false);
        GraphOutput[] computed = [.. graph.Outputs.Where(output => graph.ProducerOf(output.Value) is not null)];
        return (new Graph(graph.Nodes, graph.Inputs, [computed[random.Next(computed.Length)]]), Assert.Single(inputs).Value);
    }

    private static (Graph Graph, Dictionary<string, Tensor> Inputs) Make(Random random, bool hasTwoInputs)
    {
        var builder = new GraphBuilder();
        var shape = new Shape(random.Next(1, 3), random.Next(1, 7), random.Next(4, 9), random.Next(4, 9));
        var values = new List<ValueHandle> { builder.Input("first", shape) };
        var inputs = new Dictionary<string, Tensor> { ["first"] = TestTensors.Random(random, shape) };
        if (hasTwoInputs)
        {
            values.Add(builder.Input("second", shape));
            inputs.Add("second", TestTensors.Random(random, shape));
        }

        for (int step = random.Next(4, 16); step > 0; step--)
        {
            // The newest value more often than others, so that chains arise that passes can fuse.
            ValueHandle x = random.Next(3) > 0 ? values[^1] : values[random.Next(values.Count)];
            values.AddRange(Append(random, x, values));
        }

        var outputs = new List<(string, ValueHandle)>();
        if (random.Next(2) == 0)
        {
            ValueHandle x = values[^1].GlobalAveragePool().Flatten();
            int classes = random.Next(1, 6);
            x = x.FullyConnected(TestTensors.Random(random, new Shape(classes, x.Shape[1])), null);
            outputs.Add(("classes", random.Next(2) == 0 ? Norm(random, x).Relu() : x.Softmax()));
        }

        outputs.Add(("newest", values[^1]));
        if (random.Next(2) == 0)
        {
            outputs.Add(("any", values[random.Next(values.Count)]));
        }

        return (builder.Build(outputs.ToArray()), inputs);
    }

    private static ValueHandle[] Append(Random random, ValueHandle x, List<ValueHandle> values)
    {
        int channels = x.Shape[1];
        switch (random.Next(14))
        {
            case 0 or 1 or 2:
                return [Convolve(random, x)];
            case 3 or 4:
                return [Norm(random, x)];
            case 5:
                return [x.Relu()];
            case 6:
                return [x.Relu6()];
            case 7:
                return [x.Identity()];
            case 8:
                Window window = Window.Square(random.Next(2, 4), random.Next(1, 3), padding: 1);
                return [random.Next(2) == 0 ? x.MaxPool(window) : x.AveragePool(window, random.Next(2) == 0)];
            case 9 when channels > 1:
                int cut = random.Next(1, channels);
                (ValueHandle left, ValueHandle right) = x.Split(cut, channels - cut);
                return random.Next(2) == 0 ? [left, right, right.Concat(left)] : [left, right];
            case 10:
                return [x.ChannelShuffle(channels % 2 == 0 ? 2 : random.Next(2) == 0 ? channels : 1)];
            case 11:
                return [Bounded(random, x)];
            case 12:
                return [x.Multiply(x.GlobalAveragePool().Sigmoid())];
            default:
                ValueHandle other = values.FindLast(candidate => candidate.Shape == x.Shape);
                return random.Next(4) == 0 ? [x.Concat()] : [x.Add(other)];
        }
    }

    // Functions that do not grow faster than what they are given.
    private static ValueHandle Bounded(Random random, ValueHandle x) => random.Next(6) switch
    {
        0 => x.LeakyRelu(0.1),
        1 => x.HardSwish(),
        2 => x.Tanh(),
        3 => x.Gelu(),
        4 => x.Clip(-1, 2),
        _ => x.IsLess(x.GlobalAveragePool()).Where(x, x.Silu()),
    };

    private static ValueHandle Convolve(Random random, ValueHandle x)
    {
        int channels = x.Shape[1];
        int groups = random.Next(3) == 0 ? channels : 1;
        int outputs = groups * random.Next(1, groups == 1 ? 7 : 3);
        // Kernels of up to 3 with a padding of at least 2 in all fit on a single pixel.
        int left = random.Next(3);
        var window = new Window(
            random.Next(1, 4), random.Next(1, 4), random.Next(1, 3), random.Next(1, 3), PadTop: 1, left, PadBottom: 1, 2 - left);
        Tensor weights = TestTensors.Random(random, new Shape(outputs, channels / groups, window.KernelHeight, window.KernelWidth));
        Tensor? bias = random.Next(2) == 0 ? TestTensors.Random(random, new Shape(outputs)) : null;
        return x.Apply(new Convolution(weights, bias, window, groups, random.Next(4) == 0 ? Clamp.Relu : null));
    }

    private static ValueHandle Norm(Random random, ValueHandle x)
    {
        var shape = new Shape(x.Shape[1]);
        return x.BatchNorm(
            TestTensors.Random(random, shape, -2, 2), TestTensors.Random(random, shape), TestTensors.Random(random, shape),
            TestTensors.Random(random, shape, 0.3f, 2), random.Next(2) == 0 ? BatchNorm.DefaultEpsilon : 0.1);
    }
}
