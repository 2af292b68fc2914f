using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Networks;

/// <summary>Appends layers whose weights follow from one seed. They are scaled so that activations neither vanish nor overflow.</summary>
internal sealed class LayerBuilder
{
    private readonly Random _random = new(1);

    /// <summary>Uniform numbers between -scale and scale.</summary>
    public Tensor Uniform(Shape shape, float scale)
    {
        float[] values = new float[shape.ElementCount];
        foreach (ref float value in values.AsSpan())
        {
            value = ((_random.NextSingle() * 2) - 1) * scale;
        }

        return Tensor.FromFloats(shape, values);
    }

    /// <summary>A convolution with the padding of half its kernel, and a bias, into which batch norms are folded.</summary>
    public ValueHandle Convolution(ValueHandle x, int channels, int kernel, int stride = 1, int groups = 1, int? padding = null,
        double gain = 6)
    {
        int inputs = x.Shape[1] / groups;
        var shape = new Shape(channels, inputs, kernel, kernel);
        float scale = (float)Math.Sqrt(gain / (inputs * kernel * kernel));
        return x.Convolution(
            Uniform(shape, scale), Uniform(new Shape(channels), 0.1f), Window.Square(kernel, stride, padding ?? kernel / 2), groups);
    }

    /// <summary>A convolution without an activation behind it, whose results are no larger than its inputs.</summary>
    public ValueHandle Linear(ValueHandle x, int channels) => Convolution(x, channels, 1, gain: 3);

    /// <summary>A convolution of each channel on its own.</summary>
    public ValueHandle Depthwise(ValueHandle x, int kernel, int stride = 1) => Convolution(x, x.Shape[1], kernel, stride, x.Shape[1]);

    /// <summary>A fully connected layer.</summary>
    public ValueHandle FullyConnected(ValueHandle x, int outputs)
    {
        float scale = MathF.Sqrt(3f / x.Shape[^1]);
        return x.FullyConnected(Uniform(new Shape(outputs, x.Shape[^1]), scale), Uniform(new Shape(outputs), 0.1f));
    }

    /// <summary>The mean of each channel, and a fully connected layer.</summary>
    public ValueHandle Classifier(ValueHandle x, int classes = 1000) => FullyConnected(x.GlobalAveragePool().Flatten(), classes);

    /// <summary>Squeeze and excite: channels are scaled by what two small layers make of their means.</summary>
    public ValueHandle SqueezeExcite(
        ValueHandle x, int squeezed, Func<ValueHandle, ValueHandle> activation, Func<ValueHandle, ValueHandle> gate)
    {
        ValueHandle hidden = activation(Convolution(x.GlobalAveragePool(), squeezed, 1));
        return x.Multiply(gate(Linear(hidden, x.Shape[1])));
    }
}
