using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Models;

/// <summary>
/// Makes the graph of a ShuffleNet V2 from tensors that were checked. Every node has the name of its module in torchvision where there is
/// one.
/// </summary>
internal sealed class ShuffleNetV2Builder(ShuffleNetV2Dimensions architecture, IReadOnlyDictionary<string, Tensor> tensors)
{
    public Graph Build(int inputSize)
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input(ShuffleNetV2.InputName, new Shape(1, architecture.InputChannels, inputSize, inputSize));
        x = Normalised(x, architecture.StemConvolution).Relu("conv1.2");
        if (architecture.Stem == StemKind.ImageNet)
        {
            x = x.MaxPool(Window.Square(3, stride: 2, padding: 1), "maxpool");
        }

        var maps = new List<(string Name, ValueHandle Value)>();
        foreach (ShuffleNetV2Unit unit in architecture.Units())
        {
            if (unit.IsDownsampling && unit.Name != "stage2.0")
            {
                maps.Add((StageOf(maps.Count), x));
            }

            x = Append(x, unit);
        }

        maps.Add((StageOf(maps.Count), x));
        if (architecture.HasLastConvolution)
        {
            x = Normalised(x, architecture.LastConvolution).Relu("conv5.2");
            maps.Add(("conv5", x));
        }

        if (!architecture.HasClassifier)
        {
            return builder.Build([.. maps]);
        }

        x = x.GlobalAveragePool("pool").Flatten("flatten");
        return builder.Build((ShuffleNetV2.OutputName, x.FullyConnected(tensors["fc.weight"], tensors["fc.bias"], "fc")));
    }

    private static string StageOf(int index) => $"stage{index + 2}";

    private ValueHandle Append(ValueHandle x, ShuffleNetV2Unit unit)
    {
        ValueHandle left, right;
        if (unit.IsDownsampling)
        {
            left = Normalised(Normalised(x, unit.Branch1Spatial), unit.Branch1Pointwise).Relu($"{unit.Name}.branch1.4");
            right = x;
        }
        else
        {
            (left, right) = x.Split(unit.OutputChannels / 2, unit.OutputChannels / 2, $"{unit.Name}.split");
        }

        right = Normalised(right, unit.Branch2First).Relu($"{unit.Name}.branch2.2");
        right = Normalised(Normalised(right, unit.Branch2Spatial), unit.Branch2Last).Relu($"{unit.Name}.branch2.7");
        return x.Builder.Concat([left, right], $"{unit.Name}.concat").ChannelShuffle(2, $"{unit.Name}.shuffle");
    }

    private ValueHandle Normalised(ValueHandle x, ConvolutionSpec convolution) => convolution.Append(x, tensors);
}
