using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Tensors;

namespace DwEngine.Networks;

/// <summary>ShuffleNets, networks of dense convolutions, and a detector.</summary>
internal static class OtherNetworks
{
    private const int InputSize = 224;

    /// <summary>ShuffleNet V2 with its own tensors' names, so that weight files can be written of it.</summary>
    /// <param name="channels">Output channels of the stem, the three stages and the last convolution.</param>
    /// <param name="isExpanded">Whether the 3x3 convolutions of the branches are regular.</param>
    public static Graph ShuffleNet(ImmutableArray<int> channels, bool isExpanded)
    {
        var plain = new ShuffleNetV2Dimensions { Channels = channels, Classes = 1000 };
        ShuffleNetV2Dimensions dimensions = !isExpanded ? plain : new ShuffleNetV2Dimensions
        {
            Channels = channels,
            Classes = 1000,
            Modified = Spatial(plain).ToImmutableSortedDictionary(name => name, _ => SpatialConvolution.Regular, StringComparer.Ordinal),
        };
        var layers = new LayerBuilder();
        var tensors = new StateDict();
        foreach (TensorSpec spec in dimensions.ExpectedTensors())
        {
            bool isOne = spec.Shape.Rank == 1
                && (spec.Name.EndsWith(".weight", StringComparison.Ordinal) || spec.Name.EndsWith("running_var", StringComparison.Ordinal));
            float scale = spec.Shape.Rank == 1 ? 0.1f : MathF.Sqrt(6f * spec.Shape[0] / spec.Shape.ElementCount);
            tensors.Add(spec.Name, isOne ? Ones(spec.Shape) : layers.Uniform(spec.Shape, scale));
        }

        return dimensions.BuildGraph(tensors, InputSize);
    }

    /// <summary>SqueezeNet 1.1 (Iandola et al., arXiv 1602.07360), as torchvision has it.</summary>
    public static Graph SqueezeNet()
    {
        var layers = new LayerBuilder();
        ValueHandle x = layers.Convolution(Image(InputSize), 64, 3, 2, padding: 0).Relu();
        (int Squeezed, int Expanded, bool IsPooled)[] fires =
        [
            (16, 64, true), (16, 64, false), (32, 128, true), (32, 128, false), (48, 192, true), (48, 192, false),
            (64, 256, false), (64, 256, false),
        ];
        foreach ((int squeezed, int expanded, bool isPooled) in fires)
        {
            x = isPooled ? x.MaxPool(new Window(3, 3, 2, 2, Padding: PaddingMode.Ceiling)) : x;
            ValueHandle narrow = layers.Convolution(x, squeezed, 1).Relu();
            x = layers.Convolution(narrow, expanded, 1).Relu().Concat(layers.Convolution(narrow, expanded, 3).Relu());
        }

        return End(layers.Convolution(x, 1000, 1).Relu().GlobalAveragePool().Flatten());
    }

    /// <summary>ResNet-18 (He et al., arXiv 1512.03385).</summary>
    public static Graph ResNet()
    {
        var layers = new LayerBuilder();
        ValueHandle x = layers.Convolution(Image(InputSize), 64, 7, 2).Relu().MaxPool(Window.Square(3, 2, 1));
        foreach ((int channels, int stride) in new[] { (64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1) })
        {
            ValueHandle y = layers.Convolution(layers.Convolution(x, channels, 3, stride).Relu(), channels, 3, gain: 3);
            x = y.Add(stride == 1 ? x : layers.Convolution(x, channels, 1, stride, gain: 3)).Relu();
        }

        return End(layers.Classifier(x));
    }

    /// <summary>
    /// A small detector for one grid, in the manner of FastestDet: features of three scales, laid on one another, and for each cell an
    /// object's score, its box, and the classes' scores.
    /// </summary>
    public static Graph Detector()
    {
        const int Classes = 80, Features = 96;
        var layers = new LayerBuilder();
        ValueHandle x = layers.Convolution(Image(352), 24, 3, 2).Relu().MaxPool(Window.Square(3, 2, 1));
        var scales = new List<ValueHandle>();
        foreach (int channels in (int[])[48, 96, 192])
        {
            for (int i = 0; i < 3; i++)
            {
                ValueHandle y = layers.Convolution(x, channels, 1).Relu();
                x = layers.Convolution(layers.Depthwise(y, 3, i == 0 ? 2 : 1), channels, 1).Relu();
            }

            scales.Add(x);
        }

        ValueHandle fine = scales[0].AveragePool(Window.Square(3, 2, 1)), coarse = scales[2].Resize([1, 1, 2, 2]);
        ValueHandle joined = layers.Convolution(fine.Concat(scales[1], coarse), Features, 1).Relu();
        ValueHandle Head(int outputs) => layers.Linear(layers.Depthwise(layers.Convolution(joined, Features, 1).Relu(), 5).Relu(), outputs);
        return End(Head(1).Sigmoid().Concat(Head(4), Head(Classes).Softmax(1)));
    }

    private static ValueHandle Image(int size) => new GraphBuilder().Input("input", new Shape(1, 3, size, size));

    private static Graph End(ValueHandle output) => output.Builder.Build(("output", output));

    private static IEnumerable<string> Spatial(ShuffleNetV2Dimensions dimensions) =>
        from spec in dimensions.ExpectedTensors()
        where spec.Shape.Rank == 4 && spec.Shape[2] == 3 && spec.Name.StartsWith("stage", StringComparison.Ordinal)
        select spec.Name[..^".weight".Length];

    private static Tensor Ones(Shape shape)
    {
        float[] values = new float[shape.ElementCount];
        values.AsSpan().Fill(1);
        return Tensor.FromFloats(shape, values);
    }
}
