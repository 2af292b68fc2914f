using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Models;

/// <summary>
/// ShuffleNet V2 as its authors published it (megvii-model/ShuffleNet-Series), of any width and number of classes, with depthwise or
/// regular 3x3 convolutions in its branches. It is another network than torchvision's: each unit deals its channels even and odd at its
/// entrance instead of shuffling them at its end, the first unit of a stage keeps its input's channels in <c>branch_proj</c>, and the
/// classifier has no bias. Without a classifier, or without <c>conv_last</c>, too, it is a backbone whose outputs are feature maps.
/// </summary>
/// <remarks>
/// The authors trained on pictures that OpenCV read: blue first, 0 to 255, not normalised. Where metadata tell nothing else, pictures are
/// prepared like that.
/// </remarks>
public sealed class MegviiShuffleNetV2 : IArchitecture
{
    /// <summary>The setting that tells in which order pictures' colours are fed: <c>bgr</c> or <c>rgb</c>.</summary>
    public static ArchitectureSetting ColoursSetting { get; } = new("colours", ["bgr", "rgb"]);

    /// <inheritdoc/>
    public string Name => "ShuffleNet V2 as its authors name it";

    /// <inheritdoc/>
    public ImmutableArray<ArchitectureSetting> Settings => [ColoursSetting];

    /// <summary>Whether metadata say that pictures are fed with blue as the first plane.</summary>
    public static bool IsBlueFirst(ModelMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return metadata.Settings.GetValueOrDefault(ColoursSetting.Name) == ColoursSetting.Values[0];
    }

    /// <inheritdoc/>
    public bool Recognises(StateDict tensors) => tensors.Names.Any(name => IsTelling(name));

    /// <inheritdoc/>
    public bool IsTelling(ReadOnlySpan<char> name)
    {
        // features.UNIT.BRANCH.LAYER.PARAMETER
        Span<Range> parts = stackalloc Range[6];
        return name.StartsWith("features.")
            && name.Split(parts, '.') == 5
            && name[parts[1]].ContainsAnyExceptInRange('0', '9') is false
            && name[parts[2]] is "branch_main" or "branch_proj"
            && name[parts[4]] is "weight" or "bias" or "running_mean" or "running_var";
    }

    /// <inheritdoc/>
    public Network Build(StateDict tensors, ModelMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        int inputSize = metadata.InputSize ?? 224;
        if (inputSize is < 1 or > ModelMetadata.MaxInputSize)
        {
            throw new ShapeException($"An input of {inputSize} x {inputSize} pixels; 1 to {ModelMetadata.MaxInputSize} were expected.");
        }

        string colours = metadata.Settings.GetValueOrDefault(ColoursSetting.Name, ColoursSetting.Values[0]);
        if (!ColoursSetting.Values.Contains(colours))
        {
            throw new WeightMismatchException(
                $"There is no order of colours '{colours}'; expected one of {string.Join(", ", ColoursSetting.Values)}.");
        }

        var dimensions = MegviiShuffleNetV2Dimensions.Detect(tensors);
        Graph graph = Build(dimensions, dimensions.Check(tensors), inputSize);
        return new Network(graph, metadata with
        {
            Architecture = dimensions.Name,
            Settings = new ModelMetadata().Settings.Add(ColoursSetting.Name, colours),
            InputSize = inputSize,
            Mean = metadata.Mean ?? [0, 0, 0],
            StandardDeviation = metadata.StandardDeviation ?? [1 / 255f, 1 / 255f, 1 / 255f],
        });
    }

    /// <inheritdoc/>
    public StateDict ToStateDict(Graph graph)
    {
        StateDict found = StateDict.Of(graph);
        var dimensions = MegviiShuffleNetV2Dimensions.Detect(found);
        Dictionary<string, Tensor> tensors = dimensions.Check(found);
        var ordered = new StateDict();
        foreach (TensorPattern pattern in dimensions.Patterns())
        {
            ordered.Add(pattern.Name, tensors[pattern.Name]);
        }

        return ordered;
    }

    private static Graph Build(MegviiShuffleNetV2Dimensions dimensions, Dictionary<string, Tensor> tensors, int inputSize)
    {
        var builder = new GraphBuilder();
        var maps = new List<(string Name, ValueHandle Value)>();
        ValueHandle x = builder.Input(ShuffleNetV2.InputName, new Shape(1, dimensions.Stem.InputChannels, inputSize, inputSize));
        x = dimensions.Stem.Append(x, tensors).Relu("first_conv.2").MaxPool(Window.Square(3, stride: 2, padding: 1), "maxpool");
        foreach (MegviiShuffleNetV2Unit unit in dimensions.Units)
        {
            // A stage ends where the next one halves height and width.
            if (unit.IsDownsampling && unit != dimensions.Units[0])
            {
                maps.Add(($"stage{maps.Count + 2}", x));
            }

            x = Append(x, unit, tensors);
        }

        maps.Add(($"stage{maps.Count + 2}", x));
        if (dimensions.Last is { } last)
        {
            x = last.Append(x, tensors).Relu("conv_last.2");
            maps.Add(("conv_last", x));
        }

        return dimensions.Classes is null
            ? builder.Build([.. maps])
            : builder.Build((ShuffleNetV2.OutputName, x.GlobalAveragePool("globalpool").Flatten("flatten")
                .FullyConnected(tensors[MegviiShuffleNetV2Dimensions.ClassifierName], null, "classifier.0")));
    }

    private static ValueHandle Append(ValueHandle x, MegviiShuffleNetV2Unit unit, Dictionary<string, Tensor> tensors)
    {
        ValueHandle left = x, right = x;
        if (unit.IsDownsampling)
        {
            left = unit.ProjectionLast.Append(unit.ProjectionSpatial.Append(x, tensors), tensors).Relu($"{unit.Name}.branch_proj.4");
        }
        else
        {
            // As pairs, the even channels come before the odd ones.
            (left, right) = x.ChannelShuffle(unit.InputChannels, $"{unit.Name}.deal")
                .Split(unit.InputChannels, unit.InputChannels, $"{unit.Name}.split");
        }

        right = unit.MainFirst.Append(right, tensors).Relu($"{unit.Name}.branch_main.2");
        right = unit.MainLast.Append(unit.MainSpatial.Append(right, tensors), tensors).Relu($"{unit.Name}.branch_main.7");
        return x.Builder.Concat([left, right], $"{unit.Name}.concat");
    }
}
