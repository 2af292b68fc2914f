namespace DwEngine.Vision.Jpeg;

/// <summary>What a JPEG picture's components mean.</summary>
internal enum ColourModel
{
    /// <summary>Brightness alone.</summary>
    Grey,

    /// <summary>Brightness, and differences of blue and red from it.</summary>
    YCbCr,

    /// <summary>Red, green, blue.</summary>
    Rgb,

    /// <summary>Cyan, magenta, yellow and black, each inverted, as Adobe writes them.</summary>
    Cmyk,

    /// <summary>The same with YCbCr in place of the first three.</summary>
    Ycck,
}
