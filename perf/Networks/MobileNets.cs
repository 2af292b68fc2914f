using DwEngine.Graphs;
using DwEngine.Tensors;

namespace DwEngine.Networks;

/// <summary>MobileNets and networks of their inverted residuals.</summary>
internal static class MobileNets
{
    private static Shape Image => new(1, 3, 224, 224);

    /// <summary>MobileNet V1 (Howard et al., arXiv 1704.04861).</summary>
    public static Graph V1()
    {
        var layers = new LayerBuilder();
        ValueHandle x = layers.Convolution(new GraphBuilder().Input("input", Image), 32, 3, 2).Relu();
        (int Channels, int Stride)[] blocks =
        [
            (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
            (1024, 2), (1024, 1),
        ];
        foreach ((int channels, int stride) in blocks)
        {
            x = layers.Convolution(layers.Depthwise(x, 3, stride).Relu(), channels, 1).Relu();
        }

        return End(layers.Classifier(x));
    }

    /// <summary>MobileNet V2 (Sandler et al., arXiv 1801.04381), as torchvision has it.</summary>
    public static Graph V2()
    {
        var layers = new LayerBuilder();
        ValueHandle x = layers.Convolution(new GraphBuilder().Input("input", Image), 32, 3, 2).Relu6();
        (int Expansion, int Channels, int Count, int Stride)[] stages =
            [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];
        foreach ((int expansion, int channels, int count, int stride) in stages)
        {
            for (int i = 0; i < count; i++)
            {
                x = Inverted(layers, x, expansion * x.Shape[1], channels, 3, i == 0 ? stride : 1, y => y.Relu6());
            }
        }

        return End(layers.Classifier(layers.Convolution(x, 1280, 1).Relu6()));
    }

    /// <summary>MobileNet V3 small (Howard et al., arXiv 1905.02244), as torchvision has it.</summary>
    public static Graph V3Small()
    {
        var layers = new LayerBuilder();
        ValueHandle x = layers.Convolution(new GraphBuilder().Input("input", Image), 16, 3, 2).HardSwish();
        (int Kernel, int Expanded, int Channels, bool IsExcited, bool IsHard, int Stride)[] blocks =
        [
            (3, 16, 16, true, false, 2), (3, 72, 24, false, false, 2), (3, 88, 24, false, false, 1), (5, 96, 40, true, true, 2),
            (5, 240, 40, true, true, 1), (5, 240, 40, true, true, 1), (5, 120, 48, true, true, 1), (5, 144, 48, true, true, 1),
            (5, 288, 96, true, true, 2), (5, 576, 96, true, true, 1), (5, 576, 96, true, true, 1),
        ];
        foreach ((int kernel, int expanded, int channels, bool isExcited, bool isHard, int stride) in blocks)
        {
            Func<ValueHandle, ValueHandle>? excite = !isExcited ? null
                : y => layers.SqueezeExcite(y, Rounded(expanded / 4), z => z.Relu(), z => z.HardSigmoid(1.0 / 6));
            x = Inverted(layers, x, expanded, channels, kernel, stride, y => isHard ? y.HardSwish() : y.Relu(), excite);
        }

        x = layers.Convolution(x, 576, 1).HardSwish().GlobalAveragePool().Flatten();
        return End(layers.FullyConnected(layers.FullyConnected(x, 1024).HardSwish(), 1000));
    }

    /// <summary>MNASNet (Tan et al., arXiv 1807.11626) of half the width, as torchvision has it.</summary>
    public static Graph Mnas()
    {
        var layers = new LayerBuilder();
        ValueHandle x = layers.Convolution(new GraphBuilder().Input("input", Image), 16, 3, 2).Relu();
        x = layers.Linear(layers.Depthwise(x, 3).Relu(), 8);
        (int Expansion, int Channels, int Count, int Kernel, int Stride)[] stages =
            [(3, 16, 3, 3, 2), (3, 24, 3, 5, 2), (6, 40, 3, 5, 2), (6, 48, 2, 3, 1), (6, 96, 4, 5, 2), (6, 160, 1, 3, 1)];
        foreach ((int expansion, int channels, int count, int kernel, int stride) in stages)
        {
            for (int i = 0; i < count; i++)
            {
                x = Inverted(layers, x, expansion * x.Shape[1], channels, kernel, i == 0 ? stride : 1, y => y.Relu());
            }
        }

        return End(layers.Classifier(layers.Convolution(x, 1280, 1).Relu()));
    }

    /// <summary>EfficientNet B0 (Tan and Le, arXiv 1905.11946).</summary>
    public static Graph Efficient()
    {
        var layers = new LayerBuilder();
        ValueHandle x = layers.Convolution(new GraphBuilder().Input("input", Image), 32, 3, 2).Silu();
        (int Expansion, int Channels, int Count, int Kernel, int Stride)[] stages =
        [
            (1, 16, 1, 3, 1), (6, 24, 2, 3, 2), (6, 40, 2, 5, 2), (6, 80, 3, 3, 2), (6, 112, 3, 5, 1), (6, 192, 4, 5, 2), (6, 320, 1, 3, 1),
        ];
        foreach ((int expansion, int channels, int count, int kernel, int stride) in stages)
        {
            for (int i = 0; i < count; i++)
            {
                int squeezed = x.Shape[1] / 4;
                x = Inverted(
                    layers, x, expansion * x.Shape[1], channels, kernel, i == 0 ? stride : 1, y => y.Silu(),
                    y => layers.SqueezeExcite(y, squeezed, z => z.Silu(), z => z.Sigmoid()));
            }
        }

        return End(layers.Classifier(layers.Convolution(x, 1280, 1).Silu()));
    }

    private static ValueHandle Inverted(
        LayerBuilder layers,
        ValueHandle x,
        int expanded,
        int channels,
        int kernel,
        int stride,
        Func<ValueHandle, ValueHandle> activation,
        Func<ValueHandle, ValueHandle>? excite = null)
    {
        ValueHandle y = expanded == x.Shape[1] ? x : activation(layers.Convolution(x, expanded, 1));
        y = activation(layers.Depthwise(y, kernel, stride));
        y = layers.Linear(excite is null ? y : excite(y), channels);
        return stride == 1 && channels == x.Shape[1] ? y.Add(x) : y;
    }

    // The nearest multiple of eight, no more than a tenth below.
    private static int Rounded(int channels)
    {
        int rounded = Math.Max(8, (channels + 4) / 8 * 8);
        return rounded < 0.9 * channels ? rounded + 8 : rounded;
    }

    private static Graph End(ValueHandle logits) => logits.Builder.Build(("output", logits));
}
