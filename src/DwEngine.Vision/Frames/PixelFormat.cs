namespace DwEngine.Vision.Frames;

/// <summary>How the bytes of a frame hold its pixels. Where two pixels share a chroma sample, both take it as it is.</summary>
public enum PixelFormat
{
    /// <summary>One byte of grey for each pixel. Red, green and blue of the input all get it.</summary>
    Gray8,

    /// <summary>Two bytes of grey for each pixel, the lower one first, up to <see cref="FrameFormat.WhiteLevel"/>.</summary>
    Gray16,

    /// <summary>Red, green, blue.</summary>
    Rgb24,

    /// <summary>Blue, green, red.</summary>
    Bgr24,

    /// <summary>Red, green, blue, and a byte that is ignored.</summary>
    Rgba32,

    /// <summary>Blue, green, red, and a byte that is ignored.</summary>
    Bgra32,

    /// <summary>4:2:2: luma, U, luma, V for each two pixels of a row (YUY2).</summary>
    Yuyv,

    /// <summary>4:2:2: U, luma, V, luma for each two pixels of a row.</summary>
    Uyvy,

    /// <summary>4:2:0: a plane of luma, then one of U and V in turns, for each 2 x 2 pixels.</summary>
    Nv12,

    /// <summary>4:2:0: a plane of luma, then one of V and U in turns, for each 2 x 2 pixels.</summary>
    Nv21,

    /// <summary>4:2:0: a plane of luma, then one of U, then one of V, a sample for each 2 x 2 pixels (YU12).</summary>
    I420,
}

/// <summary>Which sum of red, green and blue the luma of a frame is.</summary>
public enum ColourMatrix
{
    /// <summary>ITU-R BT.601: standard definition, and most cameras' USB and JPEG pictures.</summary>
    Bt601,

    /// <summary>ITU-R BT.709: high definition.</summary>
    Bt709,
}

/// <summary>Which samples of luma and chroma are black, white and pure colours.</summary>
public enum ColourRange
{
    /// <summary>Luma from 16 to 235, chroma from 16 to 240. Luma below 16 counts as 16.</summary>
    Limited,

    /// <summary>All from 0 to 255.</summary>
    Full,
}

/// <summary>Facts of pixel formats.</summary>
internal static class PixelFormats
{
    /// <summary>Whether luma and chroma are told apart.</summary>
    public static bool HasChroma(this PixelFormat format) => format >= PixelFormat.Yuyv;

    /// <summary>Whether a chroma sample serves two rows.</summary>
    public static bool HasPlanes(this PixelFormat format) => format >= PixelFormat.Nv12;

    /// <summary>Planes of the input that differ: 1 for grey, else 3.</summary>
    public static int Channels(this PixelFormat format) => format <= PixelFormat.Gray16 ? 1 : RgbImage.Channels;

    /// <summary>Planes of a frame.</summary>
    public static int PlaneCount(this PixelFormat format) => format switch
    {
        PixelFormat.I420 => 3,
        PixelFormat.Nv12 or PixelFormat.Nv21 => 2,
        _ => 1,
    };

    /// <summary>Bytes of a row of a plane, without what lies between rows.</summary>
    public static long RowBytes(this PixelFormat format, int plane, int width) => format switch
    {
        PixelFormat.Gray16 or PixelFormat.Yuyv or PixelFormat.Uyvy => 2L * width,
        PixelFormat.Rgb24 or PixelFormat.Bgr24 => 3L * width,
        PixelFormat.Rgba32 or PixelFormat.Bgra32 => 4L * width,
        PixelFormat.I420 when plane > 0 => width / 2,
        _ => width,
    };

    /// <summary>Rows of a plane.</summary>
    public static int Rows(int plane, int height) => plane == 0 ? height : height / 2;
}
