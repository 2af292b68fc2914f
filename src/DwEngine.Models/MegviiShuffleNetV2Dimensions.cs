using System.Collections.Immutable;
using System.Globalization;
using DwEngine.Tensors;

namespace DwEngine.Models;

/// <summary>The dimensions of one ShuffleNet V2 of its authors. While weights are checked, negative ones are not known.</summary>
internal sealed class MegviiShuffleNetV2Dimensions
{
    /// <summary>The classifier's only tensor.</summary>
    public const string ClassifierName = "classifier.0.weight";

    private static readonly (string Name, ImmutableArray<int> Channels)[] s_published =
    [
        ("x0_5", [24, 48, 96, 192]), ("x1_0", [24, 116, 232, 464]), ("x1_5", [24, 176, 352, 704]), ("x2_0", [24, 244, 488, 976]),
    ];

    /// <summary>The stem's convolution.</summary>
    public required ConvolutionSpec Stem { get; init; }

    /// <summary>The units of all stages.</summary>
    public required ImmutableArray<MegviiShuffleNetV2Unit> Units { get; init; }

    /// <summary>The last convolution; null in a backbone without.</summary>
    public ConvolutionSpec? Last { get; init; }

    /// <summary>The number of classes; null in a backbone.</summary>
    public int? Classes { get; init; }

    /// <summary>
    /// The name, such as <c>shufflenet_v2_megvii_x1_0</c>, without the width for widths that were not published; with <c>_expanded</c>
    /// where all 3x3 of the branches are regular, <c>_modified</c> for all between, and <c>_backbone</c> without a classifier.
    /// </summary>
    public string Name
    {
        get
        {
            IEnumerable<int> stages = Units.Where(unit => unit.IsDownsampling).Select(unit => unit.OutputChannels);
            string? width = s_published.FirstOrDefault(known => known.Channels.SequenceEqual(stages.Prepend(Stem.OutputChannels))).Name;
            ConvolutionSpec[] spatial = [.. Units.SelectMany(unit => unit.Convolutions()).Where(convolution => convolution.IsSpatial)];
            string form = Array.TrueForAll(spatial, IsPlain) ? ""
                : Array.TrueForAll(spatial, convolution => convolution.Groups == 1) ? "_expanded"
                : "_modified";
            return "shufflenet_v2_megvii" + (width is null ? "" : $"_{width}") + form + (Classes is null ? "_backbone" : "");
        }
    }

    /// <summary>Reads the dimensions from whatever tensors are there.</summary>
    public static MegviiShuffleNetV2Dimensions Detect(StateDict tensors)
    {
        var units = ImmutableArray.CreateBuilder<MegviiShuffleNetV2Unit>();
        int channels = tensors.Dimension("first_conv.0.weight", 0, 4);
        var stem = new ConvolutionSpec(
            "first_conv.0", "first_conv.1", tensors.Dimension("first_conv.0.weight", 1, 4), channels, 1, 3, 2);
        int count = CountUnits(tensors);
        for (int i = 0; i < count; i++)
        {
            var unit = MegviiShuffleNetV2Unit.Detect(tensors, $"features.{i}", channels);
            units.Add(unit);
            channels = unit.OutputChannels;
        }

        bool hasClassifier = tensors.Names.Any(name => name.StartsWith("classifier.", StringComparison.Ordinal));
        bool hasLast = hasClassifier || tensors.Names.Any(name => name.StartsWith("conv_last.", StringComparison.Ordinal));
        return new MegviiShuffleNetV2Dimensions
        {
            Stem = stem,
            Units = units.ToImmutable(),
            Last = !hasLast ? null
                : new ConvolutionSpec("conv_last.0", "conv_last.1", channels, tensors.Dimension("conv_last.0.weight", 0, 4), 1, 1, 1),
            Classes = hasClassifier ? tensors.Dimension(ClassifierName, 0, 2) : null,
        };
    }

    /// <summary>Holds tensors against the expected ones and returns them as Float32.</summary>
    public Dictionary<string, Tensor> Check(StateDict tensors) => WeightChecker.Check(
        Name, tensors, [.. Patterns()], name => name.EndsWith(".num_batches_tracked", StringComparison.Ordinal));

    /// <summary>All tensors, in the authors' order.</summary>
    public IEnumerable<TensorPattern> Patterns() =>
    [
        .. Stem.Patterns(),
        .. Units.SelectMany(unit => unit.Convolutions()).SelectMany(convolution => convolution.Patterns()),
        .. Last?.Patterns() ?? [],
        .. Classes is { } classes ? new[] { new TensorPattern(ClassifierName, [classes, Last!.OutputChannels]) } : [],
    ];

    private static bool IsPlain(ConvolutionSpec convolution) =>
        convolution.Groups == convolution.InputChannels && convolution.OutputChannels == convolution.InputChannels;

    // One more than the highest that the names mention, but for one far beyond the others, which is surplus.
    private static int CountUnits(StateDict tensors)
    {
        var units = new HashSet<int>();
        foreach (string name in tensors.Names)
        {
            string[] parts = name.Split('.', 3);
            if (parts is ["features", var number, _] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int unit))
            {
                units.Add(unit);
            }
        }

        return 1 + units.Where(unit => unit < 2L * units.Count).DefaultIfEmpty(0).Max();
    }
}

/// <summary>
/// A unit. One that halves height and width sends its whole input through both branches; the others send the odd channels through
/// <c>branch_main</c> and leave the even ones as they are.
/// </summary>
/// <param name="Name">The prefix of its tensors, such as <c>features.0</c>.</param>
/// <param name="IsDownsampling">Whether it has a <c>branch_proj</c>.</param>
/// <param name="InputChannels">Channels of the input of each branch.</param>
/// <param name="MainFirst">The 1x1 before the 3x3 of <c>branch_main</c>.</param>
/// <param name="MainSpatial">The 3x3 of <c>branch_main</c>.</param>
/// <param name="MainLast">The 1x1 after it.</param>
/// <param name="ProjectionSpatial">The 3x3 of <c>branch_proj</c>.</param>
/// <param name="ProjectionLast">The 1x1 after it.</param>
internal sealed record MegviiShuffleNetV2Unit(
    string Name, bool IsDownsampling, int InputChannels, ConvolutionSpec MainFirst, ConvolutionSpec MainSpatial, ConvolutionSpec MainLast,
    ConvolutionSpec ProjectionSpatial, ConvolutionSpec ProjectionLast)
{
    /// <summary>Channels of the output.</summary>
    public int OutputChannels => InputChannels < 0 || MainLast.OutputChannels < 0 ? -1 : InputChannels + MainLast.OutputChannels;

    /// <summary>Reads a unit's dimensions.</summary>
    /// <param name="tensors">The tensors.</param>
    /// <param name="name">The prefix of the unit's tensors.</param>
    /// <param name="channels">Channels of the unit's input; -1 if they are not known.</param>
    public static MegviiShuffleNetV2Unit Detect(StateDict tensors, string name, int channels)
    {
        bool isDownsampling = tensors.Names.Any(other => other.StartsWith($"{name}.branch_proj.", StringComparison.Ordinal));
        int input = channels < 0 ? -1 : isDownsampling ? channels : channels / 2, stride = isDownsampling ? 2 : 1;
        string main = $"{name}.branch_main", projection = $"{name}.branch_proj";
        int middle = tensors.Dimension($"{main}.0.weight", 0, 4), output = tensors.Dimension($"{main}.5.weight", 0, 4);
        ConvolutionSpec spatial = Spatial(tensors, $"{main}.3", $"{main}.4", middle, stride);
        ConvolutionSpec left = Spatial(tensors, $"{projection}.0", $"{projection}.1", input, stride);
        return new MegviiShuffleNetV2Unit(
            name,
            isDownsampling,
            input,
            new ConvolutionSpec($"{main}.0", $"{main}.1", input, middle, 1, 1, 1),
            spatial,
            new ConvolutionSpec($"{main}.5", $"{main}.6", spatial.OutputChannels, output, 1, 1, 1),
            left,
            new ConvolutionSpec($"{projection}.2", $"{projection}.3", left.OutputChannels, input, 1, 1, 1));
    }

    /// <summary>All convolutions, in the authors' order.</summary>
    public IEnumerable<ConvolutionSpec> Convolutions() => IsDownsampling
        ? [MainFirst, MainSpatial, MainLast, ProjectionSpatial, ProjectionLast]
        : [MainFirst, MainSpatial, MainLast];

    private static ConvolutionSpec Spatial(StateDict tensors, string name, string norm, int channels, int stride)
    {
        SpatialConvolution found = ShuffleNetV2Detector.FindSpatial(tensors, name, norm, channels) ?? SpatialConvolution.Depthwise;
        int outputs = found.OutputChannels ?? channels * found.Multiplier;
        return new ConvolutionSpec(name, norm, channels, outputs, found.IsRegular ? 1 : channels, 3, stride, IsSpatial: true);
    }
}
