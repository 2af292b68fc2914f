using System.Collections.Immutable;

namespace DwEngine.Vision.Frames;

/// <summary>What becomes of an upright picture: which part of the resized picture goes where in the input, and how samples become
/// floats.</summary>
/// <param name="Width">Width of the input.</param>
/// <param name="Height">Height of the input.</param>
/// <param name="Columns">The wanted columns of the resized picture.</param>
/// <param name="Rows">The wanted rows of the resized picture.</param>
/// <param name="Left">Where the first of them goes.</param>
/// <param name="Top">Where the first row goes.</param>
internal sealed record FrameTarget(
    int Width, int Height, BilinearResampler.AxisWindow Columns, BilinearResampler.AxisWindow Rows, int Left, int Top)
{
    /// <summary>Mean of red, green and blue, in units of the full range.</summary>
    public required ImmutableArray<float> Mean { get; init; }

    /// <summary>Standard deviation of red, green and blue.</summary>
    public required ImmutableArray<float> StandardDeviation { get; init; }

    /// <summary>Whether the first plane is blue.</summary>
    public required bool BlueFirst { get; init; }

    /// <summary>The sample that surrounds the picture.</summary>
    public byte Padding { get; init; }
}
