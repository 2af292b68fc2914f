namespace DwEngine.Vision.Frames;

/// <summary>How far a picture is turned clockwise.</summary>
public enum QuarterTurns
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>By 90 degrees: the left column becomes the top row.</summary>
    One,

    /// <summary>By 180 degrees.</summary>
    Two,

    /// <summary>By 270 degrees: the right column becomes the top row.</summary>
    Three,
}

/// <summary>A rectangle of pixels.</summary>
/// <param name="X">The first column.</param>
/// <param name="Y">The first row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public readonly record struct FrameRegion(int X, int Y, int Width, int Height);

/// <summary>What is done to a frame before it is resized: a region is cut out, then turned, then mirrored.</summary>
public sealed record FrameTransform
{
    /// <summary>The region that is used, in pixels of the frame as the camera gives it; null for all of it.</summary>
    public FrameRegion? Crop { get; init; }

    /// <summary>How far the region is turned, so that it stands upright.</summary>
    public QuarterTurns Turns { get; init; }

    /// <summary>Whether left and right are exchanged after the turn.</summary>
    public bool Mirror { get; init; }

    /// <summary>The region of a frame.</summary>
    /// <exception cref="FrameException">It is empty or not within the frame.</exception>
    internal FrameRegion RegionOf(FrameFormat format)
    {
        FrameFormat.RequireDefined(Turns, nameof(Turns));
        FrameRegion region = Crop ?? new(0, 0, format.Width, format.Height);
        bool isInside = region is { X: >= 0, Y: >= 0, Width: > 0, Height: > 0 }
            && region.X <= format.Width - region.Width && region.Y <= format.Height - region.Height;
        return isInside ? region : throw new FrameException(
            $"A crop of {region.Width} x {region.Height} pixels at ({region.X}, {region.Y}); a region of at least 1 x 1 pixel within the "
                + $"frame of {format.Width} x {format.Height} was expected.");
    }
}
