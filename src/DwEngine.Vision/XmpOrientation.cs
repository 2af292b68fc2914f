namespace DwEngine.Vision;

/// <summary>The orientation in XMP (tiff:Orientation), as an attribute or an element.</summary>
internal static class XmpOrientation
{
    /// <summary>Finds the first statement, written as Pillow knows it.</summary>
    /// <param name="xml">XMP in UTF-8; it need not be well formed.</param>
    /// <returns>1 to 8, null if there is no statement; one without a meaning counts as 1.</returns>
    public static int? Find(ReadOnlySpan<byte> xml)
    {
        ReadOnlySpan<byte> property = "tiff:Orientation"u8;
        int start;
        while ((start = xml.IndexOf(property)) >= 0)
        {
            xml = xml[(start + property.Length)..];
            int before = xml.StartsWith("=\""u8) ? 2 : xml.StartsWith(">"u8) ? 1 : 0;
            if (before > 0 && xml.Length > before && char.IsAsciiDigit((char)xml[before]))
            {
                return ExifOrientation.OrUpright(xml[before] - '0');
            }
        }

        return null;
    }
}
