namespace DwEngine.Vision;

/// <summary>
/// Gathers a file's statements on its orientation. EXIF's count before XMP's; a later statement of the same kind replaces an earlier one,
/// as in Pillow.
/// </summary>
internal sealed class OrientationSources
{
    // Null where there is no such tag; a tag without a meaning is 1.
    private int? _exif;
    private int? _xmp;

    /// <summary>Whether the file has a block of EXIF, with or without the orientation.</summary>
    public bool HasExif { get; private set; }

    /// <summary>How the image must be turned, 1 to 8.</summary>
    public int Orientation => _exif ?? _xmp ?? ExifOrientation.Upright;

    /// <summary>Takes a block of EXIF in.</summary>
    public void ReadExif(ReadOnlySpan<byte> block)
    {
        HasExif = true;
        _exif = ExifOrientation.Find(block);
    }

    /// <summary>Takes XMP in, whose bytes are UTF-8.</summary>
    public void ReadXmp(ReadOnlySpan<byte> xml) => _xmp = XmpOrientation.Find(xml);
}
