using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Operators that make images larger or smaller.</summary>
internal static class Resizing
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Of("Upsample", 7, UpsampleByAttribute, 8),
        Of("Upsample", 9, UpsampleByOperand, 9),
        Of("Resize", 10, UpsampleByOperand, 10),
        Of("Resize", 11, Resize),
        Of("DepthToSpace", 1, DepthToSpace),
        Of("SpaceToDepth", 1, node => node.Apply(new SpaceToDepth(node.Attributes.Int("blocksize")), node.Input(0))),
    ];

    private static Operand UpsampleByAttribute(NodeContext node)
    {
        IReadOnlyList<float> scales = node.Attributes.Floats("scales") ?? throw node.Error("has no scales");
        return node.Apply(new Resize(OldOptions(node)), node.Input(0), node.Known(Tensor.FromFloats(new Shape(scales.Count), [.. scales])));
    }

    private static Operand UpsampleByOperand(NodeContext node) =>
        node.Apply(new Resize(OldOptions(node)), node.Input(0), node.Planned(1, "scales"));

    // Up to opset 10 an element's place is that of the output over the scale.
    private static ResizeOptions OldOptions(NodeContext node) => new()
    {
        Mode = Mode(node),
        Coordinates = ResizeCoordinates.Asymmetric,
        Rounding = ResizeRounding.Floor,
    };

    private static Operand Resize(NodeContext node)
    {
        var options = new ResizeOptions
        {
            Mode = Mode(node),
            Coordinates = Word(node, "coordinate_transformation_mode", "half_pixel", s_coordinates),
            Rounding = Word(node, "nearest_mode", "round_prefer_floor", s_roundings),
            CubicCoefficient = node.Attributes.Float("cubic_coeff_a", -0.75),
            ExcludeOutside = node.Attributes.Bool("exclude_outside", false),
            ExtrapolationValue = node.Attributes.Float("extrapolation_value", 0),
        };
        if (node.Opset >= 18)
        {
            options = options with
            {
                Antialias = node.Attributes.Bool("antialias", false),
                Policy = Word(node, "keep_aspect_ratio_policy", "stretch", s_policies),
                Axes = node.Attributes.Ints("axes"),
            };
        }

        // Files have an empty vector where an operand is left out that stands before another.
        Operand? region = Given(node.TryPlanned(1, "region")), scales = Given(node.TryPlanned(2, "scales")),
        sizes = Given(node.TryPlanned(3, "sizes"));
        Operand asked = scales is null == sizes is null ? throw node.Error("expected either scales or sizes") : scales ?? sizes!;
        return options.Coordinates != ResizeCoordinates.TfCropAndResize ? node.Apply(new Resize(options), node.Input(0), asked)
            : region is null ? throw node.Error("has no region")
            : node.Apply(new Resize(options), node.Input(0), asked, region);

        static Operand? Given(Operand? operand) => operand is { Fact.Shape.ElementCount: > 0 } ? operand : null;
    }

    private static readonly Dictionary<string, ResizeCoordinates> s_coordinates = new()
    {
        ["half_pixel"] = ResizeCoordinates.HalfPixel,
        ["half_pixel_symmetric"] = ResizeCoordinates.HalfPixelSymmetric,
        ["pytorch_half_pixel"] = ResizeCoordinates.PytorchHalfPixel,
        ["align_corners"] = ResizeCoordinates.AlignCorners,
        ["asymmetric"] = ResizeCoordinates.Asymmetric,
        ["tf_half_pixel_for_nn"] = ResizeCoordinates.TfHalfPixelForNn,
        ["tf_crop_and_resize"] = ResizeCoordinates.TfCropAndResize,
    };

    private static readonly Dictionary<string, ResizeRounding> s_roundings = new()
    {
        ["round_prefer_floor"] = ResizeRounding.RoundPreferFloor,
        ["round_prefer_ceil"] = ResizeRounding.RoundPreferCeil,
        ["floor"] = ResizeRounding.Floor,
        ["ceil"] = ResizeRounding.Ceil,
    };

    private static readonly Dictionary<string, AspectRatioPolicy> s_policies = new()
    {
        ["stretch"] = AspectRatioPolicy.Stretch,
        ["not_larger"] = AspectRatioPolicy.NotLarger,
        ["not_smaller"] = AspectRatioPolicy.NotSmaller,
    };

    private static readonly Dictionary<string, ResizeMode> s_modes = new()
    {
        ["nearest"] = ResizeMode.Nearest,
        ["linear"] = ResizeMode.Linear,
        ["bilinear"] = ResizeMode.Linear,
        ["cubic"] = ResizeMode.Cubic,
    };

    private static ResizeMode Mode(NodeContext node) => Word(node, "mode", "nearest", s_modes);

    private static T Word<T>(NodeContext node, string attribute, string otherwise, Dictionary<string, T> words)
    {
        string text = node.Attributes.Text(attribute, otherwise);
        return words.TryGetValue(text, out T? value) ? value : throw new NotSupported($"{attribute} = '{text}'");
    }

    private static Operand DepthToSpace(NodeContext node)
    {
        bool isColumnRowDepth = node.Opset >= 11 && node.Attributes.Text("mode", "DCR") switch
        {
            "DCR" => false,
            "CRD" => true,
            var other => throw new NotSupported($"mode = '{other}'"),
        };
        return node.Apply(new DepthToSpace(node.Attributes.Int("blocksize"), isColumnRowDepth), node.Input(0));
    }
}
