using System.Collections.Immutable;

namespace DwEngine.Graphs.Layers;

/// <summary>How <see cref="Resize"/> makes an element of those around its place.</summary>
public enum ResizeMode
{
    /// <summary>The nearest element.</summary>
    Nearest,

    /// <summary>Linear interpolation between two elements along each axis.</summary>
    Linear,

    /// <summary>Cubic interpolation between four elements along each axis (Keys, "Cubic convolution interpolation", 1981).</summary>
    Cubic,
}

/// <summary>Where an element of the output lies in the input; the names are ONNX's.</summary>
public enum ResizeCoordinates
{
    /// <summary>(x + 0.5) / scale - 0.5: elements are areas.</summary>
    HalfPixel,

    /// <summary>As <see cref="HalfPixel"/>, moved so that the centres agree where the scale makes no whole number of elements.</summary>
    HalfPixelSymmetric,

    /// <summary>As <see cref="HalfPixel"/>, but 0 if there is one element.</summary>
    PytorchHalfPixel,

    /// <summary>First on first and last on last.</summary>
    AlignCorners,

    /// <summary>x / scale.</summary>
    Asymmetric,

    /// <summary>(x + 0.5) / scale.</summary>
    TfHalfPixelForNn,

    /// <summary>Within a region of the input; outside of the input there is a fixed value.</summary>
    TfCropAndResize,
}

/// <summary>Which of two elements is the nearest; the names are ONNX's.</summary>
public enum ResizeRounding
{
    /// <summary>The nearest, the lower of two.</summary>
    RoundPreferFloor,

    /// <summary>The nearest, the higher of two.</summary>
    RoundPreferCeil,

    /// <summary>The one before.</summary>
    Floor,

    /// <summary>The one behind.</summary>
    Ceil,
}

/// <summary>Whether sizes are taken as they are; the names are ONNX's.</summary>
public enum AspectRatioPolicy
{
    /// <summary>As they are.</summary>
    Stretch,

    /// <summary>All axes by the smallest of the scales.</summary>
    NotLarger,

    /// <summary>All axes by the largest of the scales.</summary>
    NotSmaller,
}

/// <summary>How <see cref="Resize"/> resizes; the defaults are ONNX's.</summary>
public sealed record ResizeOptions
{
    /// <summary>How an element is made of those around its place.</summary>
    public ResizeMode Mode { get; init; }

    /// <summary>Where an element lies in the input.</summary>
    public ResizeCoordinates Coordinates { get; init; }

    /// <summary>Which element is the nearest.</summary>
    public ResizeRounding Rounding { get; init; }

    /// <summary>The parameter a of cubic interpolation.</summary>
    public double CubicCoefficient { get; init; } = -0.75;

    /// <summary>Whether elements beyond the ends have no weight; else the first and last are repeated.</summary>
    public bool ExcludeOutside { get; init; }

    /// <summary>The value outside of the input for <see cref="ResizeCoordinates.TfCropAndResize"/>.</summary>
    public double ExtrapolationValue { get; init; }

    /// <summary>Whether the filter of linear and cubic interpolation is widened where the output is smaller.</summary>
    public bool Antialias { get; init; }

    /// <summary>Whether sizes are taken as they are.</summary>
    public AspectRatioPolicy Policy { get; init; }

    /// <summary>The axes of which there are scales or sizes; all if left out. Negative ones count from the end.</summary>
    public ImmutableArray<int> Axes { get; init; }
}
