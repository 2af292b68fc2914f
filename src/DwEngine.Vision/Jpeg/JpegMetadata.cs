namespace DwEngine.Vision.Jpeg;

/// <summary>What the application segments of a JPEG file tell about how its picture is to be read.</summary>
internal sealed class JpegMetadata
{
    private const int JfifLength = 14;
    private const int AdobeLength = 12;

    private readonly OrientationSources _orientation = new();
    private bool _jfif;
    private int? _adobeTransform;

    /// <summary>EXIF's orientation, 1 to 8.</summary>
    public int Orientation => _orientation.Orientation;

    private static ReadOnlySpan<byte> ExifSignature => "Exif\0\0"u8;

    private static ReadOnlySpan<byte> XmpSignature => "http://ns.adobe.com/xap/1.0/\0"u8;

    /// <summary>Takes a segment in; most tell nothing of interest.</summary>
    public void Read(byte marker, ReadOnlySpan<byte> segment)
    {
        switch (marker)
        {
            case 0xE0 when segment.Length >= JfifLength && segment.StartsWith("JFIF\0"u8):
                _jfif = true;
                break;
            case 0xE1 when segment.StartsWith(ExifSignature) && !_orientation.HasExif:
                _orientation.ReadExif(segment);
                break;
            case 0xE1 when segment.StartsWith(XmpSignature):
                _orientation.ReadXmp(segment[XmpSignature.Length..]);
                break;
            case 0xEE when segment.Length >= AdobeLength && segment.StartsWith("Adobe"u8):
                _adobeTransform = segment[AdobeLength - 1];
                break;
        }
    }

    /// <summary>
    /// What the components mean: JFIF's marker decides before Adobe's, and their names only without either, as in libjpeg.
    /// </summary>
    public ColourModel Model(JpegFrame frame)
    {
        JpegComponent[] components = frame.Components;
        bool namedRgb = components.Select(component => component.Id).SequenceEqual([(int)'R', 'G', 'B']);
        return components.Length switch
        {
            1 => ColourModel.Grey,
            3 when !_jfif && (_adobeTransform == 0 || (_adobeTransform is null && namedRgb)) => ColourModel.Rgb,
            3 => ColourModel.YCbCr,
            _ => _adobeTransform is null or 0 ? ColourModel.Cmyk : ColourModel.Ycck,
        };
    }
}
