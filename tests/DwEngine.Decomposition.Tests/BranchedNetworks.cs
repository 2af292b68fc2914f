using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Decomposition.Tests;

/// <summary>Small networks of no known architecture, whose convolutions stand before additions, concatenations and in branches.</summary>
internal sealed class BranchedNetworks
{
    private int _seed = 1;

    /// <summary>Residual blocks, one with a shortcut of its own, and two branches of one input.</summary>
    public static Graph Residual()
    {
        var make = new BranchedNetworks();
        ValueHandle x = new GraphBuilder().Input("input", new Shape(1, 3, 16, 16));
        x = make.Normed(x, 8, 3, 1, "stem").Relu();
        ValueHandle y = make.Normed(make.Normed(x, 8, 3, 1, "a.1").Relu(), 8, 3, 1, "a.2");
        x = y.Add(x).Relu();
        y = make.Normed(make.Normed(x, 12, 3, 2, "b.1").Relu(), 12, 3, 1, "b.2");
        x = y.Add(make.Normed(x, 12, 1, 2, "b.shortcut")).Relu();
        ValueHandle shared = make.Plain(x, 6, 1, 1, "c.squeeze").Relu();
        x = make.Plain(shared, 10, 1, 1, "c.narrow").Relu().Concat(make.Plain(shared, 10, 3, 1, "c.wide").Relu());
        x = make.Plain(x, 8, 3, 1, "d").GlobalAveragePool().Flatten();
        return x.Builder.Build(x.FullyConnected(make.Weights(new Shape(5, 8), 8), null, "fc"));
    }

    /// <summary>Inverted residuals, plain and with the first two convolutions fused into a regular one.</summary>
    public static Graph Mobile()
    {
        var make = new BranchedNetworks();
        ValueHandle x = new GraphBuilder().Input("input", new Shape(1, 3, 16, 16));
        x = make.Normed(x, 8, 3, 2, "stem").Relu6();
        x = make.Block(x, "a").Add(x);
        ValueHandle y = make.Normed(make.Normed(x, 16, 3, 1, "b.fused").Relu6(), 8, 1, 1, "b.project");
        x = y.Add(x);
        x = make.Normed(make.Plain(x, 16, 3, 2, "c.wide"), 10, 1, 1, "c.project").Relu6();
        x = make.Normed(x, 16, 1, 1, "last").Relu6().GlobalAveragePool().Flatten();
        return x.Builder.Build(x.FullyConnected(make.Weights(new Shape(5, 16), 16), null, "fc"));
    }

    private ValueHandle Block(ValueHandle x, string name)
    {
        int inputs = x.Shape[1], wide = 2 * inputs;
        x = Normed(x, wide, 1, 1, $"{name}.expand").Relu6();
        Tensor taps = Weights(new Shape(wide, 1, 3, 3), 9);
        x = Norm(x.Convolution(taps, null, Window.Square(3, padding: 1), wide, $"{name}.depthwise"), $"{name}.depthwise.norm").Relu6();
        return Normed(x, inputs, 1, 1, $"{name}.project");
    }

    private ValueHandle Normed(ValueHandle x, int outputs, int size, int stride, string name) =>
        Norm(Plain(x, outputs, size, stride, name), $"{name}.norm");

    private ValueHandle Plain(ValueHandle x, int outputs, int size, int stride, string name)
    {
        var shape = new Shape(outputs, x.Shape[1], size, size);
        return x.Convolution(
            Weights(shape, x.Shape[1] * size * size), Weights(new Shape(outputs), 4), Window.Square(size, stride, size / 2), name: name);
    }

    private ValueHandle Norm(ValueHandle x, string name)
    {
        var shape = new Shape(x.Shape[1]);
        Tensor variance = Tensor.FromFloats(shape, Array.ConvertAll(Weights(shape, 1).Floats.ToArray(), value => 0.5f + Math.Abs(value)));
        return x.BatchNorm(variance, Weights(shape, 4), Weights(shape, 4), variance, name: name);
    }

    private Tensor Weights(Shape shape, int taps)
    {
        float scale = 1 / MathF.Sqrt(taps);
        return Tensor.FromFloats(shape, Array.ConvertAll(LinearChain.Values(_seed++, shape).Floats.ToArray(), value => scale * value));
    }
}
