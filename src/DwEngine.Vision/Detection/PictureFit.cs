namespace DwEngine.Vision.Detection;

/// <summary>How a picture of any size becomes the input of a network.</summary>
public enum FitMode
{
    /// <summary>Resized to the input's width and height, whatever becomes of its proportions.</summary>
    Stretch,

    /// <summary>Resized with its proportions kept, in the middle of the input; what is left over is of one colour.</summary>
    Letterbox,
}

/// <summary>Where a picture lies in the input of a network: a point (x, y) of the picture is (ScaleX x + Left, ScaleY y + Top)
/// there.</summary>
public readonly record struct PictureFit
{
    private PictureFit(int pictureWidth, int pictureHeight, int left, int top, int width, int height)
    {
        (Left, Top, Width, Height) = (left, top, width, height);
        ScaleX = (float)width / pictureWidth;
        ScaleY = (float)height / pictureHeight;
    }

    /// <summary>First column of the resized picture in the input.</summary>
    public int Left { get; }

    /// <summary>First row of the resized picture in the input.</summary>
    public int Top { get; }

    /// <summary>Width of the resized picture in pixels.</summary>
    public int Width { get; }

    /// <summary>Height of the resized picture in pixels.</summary>
    public int Height { get; }

    /// <summary>Pixels of the input for one of the picture, across.</summary>
    public float ScaleX { get; }

    /// <summary>Pixels of the input for one of the picture, down.</summary>
    public float ScaleY { get; }

    /// <summary>Fits a picture into an input.</summary>
    /// <param name="mode">How.</param>
    /// <param name="pictureWidth">Width of the picture in pixels.</param>
    /// <param name="pictureHeight">Height of the picture in pixels.</param>
    /// <param name="inputWidth">Width of the input in pixels.</param>
    /// <param name="inputHeight">Height of the input in pixels.</param>
    /// <exception cref="ArgumentOutOfRangeException">A side is below 1.</exception>
    public static PictureFit Of(FitMode mode, int pictureWidth, int pictureHeight, int inputWidth, int inputHeight)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pictureWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(pictureHeight, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputHeight, 1);
        if (mode == FitMode.Stretch)
        {
            return new(pictureWidth, pictureHeight, 0, 0, inputWidth, inputHeight);
        }

        double scale = Math.Min((double)inputWidth / pictureWidth, (double)inputHeight / pictureHeight);
        int width = Math.Clamp((int)Math.Round(pictureWidth * scale), 1, inputWidth);
        int height = Math.Clamp((int)Math.Round(pictureHeight * scale), 1, inputHeight);
        return new(pictureWidth, pictureHeight, (inputWidth - width) / 2, (inputHeight - height) / 2, width, height);
    }

    /// <summary>From pixels of the input to pixels of the picture.</summary>
    public BoundingBox ToPicture(in BoundingBox box) =>
        new((box.X1 - Left) / ScaleX, (box.Y1 - Top) / ScaleY, (box.X2 - Left) / ScaleX, (box.Y2 - Top) / ScaleY);

    /// <summary>From pixels of the picture to pixels of the input.</summary>
    public BoundingBox ToInput(in BoundingBox box) =>
        new((box.X1 * ScaleX) + Left, (box.Y1 * ScaleY) + Top, (box.X2 * ScaleX) + Left, (box.Y2 * ScaleY) + Top);
}
