using System.Collections.Immutable;
using System.Text.Json;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.Onnx.Export;

/// <summary>Resizing.</summary>
internal static class ResizingExport
{
    public static IEnumerable<LayerExport> Entries { get; } = [LayerExport.Of("Resize", Resize)];

    private static string Resize(NodeExport node)
    {
        ResizeOptions options = ((Resize)node.Layer).Options;
        if (options.Antialias || options.Policy != AspectRatioPolicy.Stretch || options.Coordinates == ResizeCoordinates.HalfPixelSymmetric)
        {
            throw new NoForm("resizing with antialias, a kept aspect ratio or half_pixel_symmetric");
        }

        bool isByScale = node.Facts[1].Type == ElementType.Float32;
        string asked = options.Axes.IsDefault
            ? isByScale ? node.Input(1) : node.LongInput(1)
            : ForAllAxes(node, options.Axes, isByScale);
        string region = options.Coordinates == ResizeCoordinates.TfCropAndResize ? node.Input(2) : "";
        if (region.Length > 0 && !options.Axes.IsDefault)
        {
            throw new NoForm("a region of some axes only");
        }

        ImmutableArray<string> operands = isByScale ? [node.Input(0), region, asked] : [node.Input(0), region, "", asked];
        return node.Apply("Resize", operands, [.. AttributesOf(options)]);
    }

    private static IEnumerable<Schema.AttributeProto> AttributesOf(ResizeOptions options) =>
    [
        Attributes.Of("mode", Word(options.Mode)),
        Attributes.Of("coordinate_transformation_mode", Word(options.Coordinates)),
        Attributes.Of("nearest_mode", Word(options.Rounding)),
        Attributes.Of("cubic_coeff_a", options.CubicCoefficient),
        Attributes.Of("exclude_outside", options.ExcludeOutside),
        Attributes.Of("extrapolation_value", options.ExtrapolationValue),
    ];

    // The names are ONNX's, in its own letters.
    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    // The operator has no axes yet.
    private static string ForAllAxes(NodeExport node, ImmutableArray<int> axes, bool isByScale)
    {
        Shape input = node.Facts[0].Shape;
        Tensor told = node.Facts[1].Constant ?? throw new NoForm("scales of some axes only that are computed");
        if (isByScale)
        {
            float[] scales = new float[input.Rank];
            Array.Fill(scales, 1);
            for (int i = 0; i < axes.Length; i++)
            {
                scales[axes[i] < 0 ? axes[i] + input.Rank : axes[i]] = told.Floats[i];
            }

            return node.Constant("scales", Tensor.FromFloats(new Shape(scales.Length), scales));
        }

        int[] sizes = input.Dimensions.ToArray();
        ImmutableArray<int> asked = node.Integers(1);
        for (int i = 0; i < axes.Length; i++)
        {
            sizes[axes[i] < 0 ? axes[i] + input.Rank : axes[i]] = asked[i];
        }

        return node.Longs("sizes", sizes);
    }
}
