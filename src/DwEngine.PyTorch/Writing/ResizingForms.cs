using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.PyTorch.Writing;

/// <summary>Resizing, where PyTorch's function takes the same pixels.</summary>
internal static class ResizingForms
{
    // Of linear and cubic resizing, what PyTorch has: the coefficient is fixed.
    private const double Cubic = -0.75;

    public static IEnumerable<LayerForm> All { get; } = [new("Resize", Resize)];

    private static string Resize(NodeWriter node)
    {
        ResizeOptions options = ((Resize)node.Layer).Options;
        Shape input = node.Facts[0].Shape;
        if (options.Antialias || options.Policy != AspectRatioPolicy.Stretch || options.ExcludeOutside || input.Rank != 4)
        {
            throw new NoForm("resizing with antialias, a kept aspect ratio or excluded pixels, or of other than images");
        }

        Tensor told = node.Constant(1) ?? throw new NoForm("resizing to a size that the network computes");
        double[] scales = [1, 1, 1, 1];
        int[] sizes = input.Dimensions.ToArray();
        bool isByScale = told.Type == ElementType.Float32;
        ImmutableArray<int> axes = options.Axes.IsDefault ? [0, 1, 2, 3] : options.Axes;
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = axes[i] < 0 ? axes[i] + 4 : axes[i];
            double asked = isByScale ? told.Floats[i] : node.Integers(1, "sizes")[i];
            scales[axis] = isByScale ? asked : asked / input[axis];
            sizes[axis] = isByScale ? (int)Math.Floor(input[axis] * asked) : (int)asked;
        }

        if (scales[0] != 1 || scales[1] != 1)
        {
            throw new NoForm("resizing of the batch or of channels");
        }

        string size = isByScale
            ? $"scale_factor=({Python.Number(scales[2])}, {Python.Number(scales[3])})"
            : $"size=({sizes[2]}, {sizes[3]})";
        return $"F.interpolate({node.Input(0)}, {size}, {ModeOf(options, [scales[2], scales[3]], [sizes[2], sizes[3]])})";
    }

    private static string ModeOf(ResizeOptions options, double[] scales, int[] sizes)
    {
        bool isHalfPixel = options.Coordinates == ResizeCoordinates.HalfPixel
            || (options.Coordinates == ResizeCoordinates.PytorchHalfPixel && Array.TrueForAll(sizes, size => size > 1));
        if (options.Mode == ResizeMode.Nearest)
        {
            // Where every pixel is repeated a whole number of times, no rounding comes near to another pixel.
            bool isRepeated = Array.TrueForAll(scales, scale => scale >= 1 && scale == Math.Round(scale));
            bool roundsToNearest = options.Rounding is ResizeRounding.RoundPreferFloor or ResizeRounding.RoundPreferCeil;
            return (options.Coordinates == ResizeCoordinates.Asymmetric && options.Rounding == ResizeRounding.Floor)
                || (isHalfPixel && isRepeated && roundsToNearest) ? "mode=\"nearest\""
                : isHalfPixel && options.Rounding == ResizeRounding.RoundPreferCeil ? "mode=\"nearest-exact\""
                : throw new NoForm($"nearest pixels of {options.Coordinates} with {options.Rounding}");
        }

        if (options.Mode == ResizeMode.Cubic && options.CubicCoefficient != Cubic)
        {
            throw new NoForm($"cubic resizing with the coefficient {options.CubicCoefficient}; PyTorch has {Cubic}");
        }

        string mode = options.Mode == ResizeMode.Cubic ? "bicubic" : "bilinear";
        return isHalfPixel ? $"mode=\"{mode}\", align_corners=False"
            : options.Coordinates == ResizeCoordinates.AlignCorners ? $"mode=\"{mode}\", align_corners=True"
            : throw new NoForm($"{mode} resizing of the coordinates {options.Coordinates}");
    }
}
