namespace DwEngine.Vision.Tests;

/// <summary>
/// Small JPEG files of one picture: 48 x 32 pixels, six squares of 16 x 16, whose colours are <see cref="Colours"/>, row by row.
/// </summary>
internal static class JpegSamples
{
    public const int Width = 48;
    public const int Height = 32;
    public const int Square = 16;

    public static (int Red, int Green, int Blue)[] Colours { get; } =
        [(220, 40, 40), (40, 200, 60), (50, 70, 210), (230, 210, 40), (120, 120, 120), (250, 250, 250)];

    /// <summary>Baseline, YCbCr, no subsampling.</summary>
    public static byte[] Baseline => Convert.FromBase64String(
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDA"
        + "sKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAg"
        + "ADADAREAAhEBAxEB/8QAGAABAQEBAQAAAAAAAAAAAAAAAAgJCgb/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAGQEBAQADAQAAAAAAAAAAAAAAAA"
        + "kHCAoG/8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAwDAQACEQMRAD8AndgdWgBVDxbmDAQ+ug3AAe4RjW8AVQ8W5gwEProNwAG6jl7baAMy1YGH"
        + "wHQQACK0n2YAGZasDD4DoIAB/9k=");

    /// <summary>Progressive, YCbCr, chroma subsampled 2 x 2.</summary>
    public static byte[] Progressive => Convert.FromBase64String(
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGB"
        + "YUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wgARCAAg"
        + "ADADASIAAhEBAxEB/8QAFwABAAMAAAAAAAAAAAAAAAAAAAYHCP/EABgBAAMBAQAAAAAAAAAAAAAAAAYHCAAF/9oADAMBAAIQAxAAAAGIgXfE4H"
        + "NiutRTbA04IoPKYD2H9Wjb/8QAFBABAAAAAAAAAAAAAAAAAAAAQP/aAAgBAQABBQJH/8QAFBEBAAAAAAAAAAAAAAAAAAAAIP/aAAgBAwEBPwFf"
        + "/8QAFBEBAAAAAAAAAAAAAAAAAAAAIP/aAAgBAgEBPwFf/8QAFBABAAAAAAAAAAAAAAAAAAAAQP/aAAgBAQAGPwJH/8QAFBABAAAAAAAAAAAAAA"
        + "AAAAAAQP/aAAgBAQABPyFH/9oADAMBAAIAAwAAABDz4ILzz//EABQRAQAAAAAAAAAAAAAAAAAAACD/2gAIAQMBAT8QX//EABQRAQAAAAAAAAAA"
        + "AAAAAAAAACD/2gAIAQIBAT8QX//EABQQAQAAAAAAAAAAAAAAAAAAAED/2gAIAQEAAT8QR//Z");

    /// <summary>Baseline, the luma alone.</summary>
    public static byte[] Grey => Convert.FromBase64String(
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDA"
        + "sKDAkKCgr/wAALCAAgADABAREA/8QAGAABAQEBAQAAAAAAAAAAAAAAAAgJCgb/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAA/AJ3FUCHx"
        + "7gVQIfG6gzLHQQIrGZY6CB//2Q==");

    /// <summary>Baseline, CMYK with Adobe's marker, and so inverted.</summary>
    public static byte[] Cmyk => Convert.FromBase64String(
        "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcGBggLCAkKCgoKCgYICwwLCg"
        + "wJCgoK/8AAFAgAIAAwBEMRAE0RAFkRAEsRAP/EABkAAQEBAQEBAAAAAAAAAAAAAAAKCQcGCP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAOBEMA"
        + "TQBZAEsAAD8A1wZPsn2/gAkvVAOoAA9Qn3UsAAqocHSrgAkvVAOoAA9Qn3UsAArQUYJVwAYjsl2oAAKCFBCggAHL3y+i3ABiOyXagAAoIUEKCA"
        + "Af/9k=");

    /// <summary>Baseline, YCbCr, a restart marker between any two minimum coded units (23 of them).</summary>
    public static byte[] Restart => Convert.FromBase64String(
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDA"
        + "sKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAg"
        + "ADADAREAAhEBAxEB/8QAFgAAAwAAAAAAAAAAAAAAAAAABggJ/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/EABcBAAMBAAAAAAAAAAAAAAAAAAAHCQ"
        + "j/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/90ABAAB/9oADAMBAAIRAxEAPwBdyHVof//QXch1aH//0SBlNOt//9IgZTTrf//TT9SQq3//1E/UkKt/"
        + "/9VdyHVof//WXch1aH//1yBlNOt//9AgZTTrf//RT9SQq3//0k/UkKt//9OiiT5wP//Uook+cD//1R8B/9YfAf/XvQA//9C9AD//0aKJPnA//9"
        + "KiiT5wP//THwH/1B8B/9W9AD//1r0AP//Z");

    /// <summary>The file with an EXIF segment inserted that holds the orientation and nothing else.</summary>
    public static byte[] WithOrientation(byte[] jpeg, int orientation, bool littleEndian)
    {
        byte low = (byte)orientation;
        byte[] tiff = littleEndian
            ? [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, low, 0, 0, 0, 0, 0, 0, 0]
            : [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, low, 0, 0, 0, 0, 0, 0];
        return Insert(jpeg, 0xE1, [.. "Exif\0\0"u8, .. tiff]);
    }

    /// <summary>The file with a segment inserted right behind the start-of-image marker.</summary>
    public static byte[] Insert(byte[] jpeg, byte marker, byte[] segment) => [.. jpeg[..2], .. Segment(marker, segment), .. jpeg[2..]];

    /// <summary>A marker with its segment.</summary>
    public static byte[] Segment(byte marker, byte[] data)
    {
        int length = data.Length + 2;
        return [0xFF, marker, (byte)(length >> 8), (byte)length, .. data];
    }

    /// <summary>Offset of the first marker of that kind.</summary>
    public static int Find(byte[] jpeg, byte marker) => jpeg.AsSpan().IndexOf([(byte)0xFF, marker]);

    /// <summary>Where each scan's header and data begin, and where its data end.</summary>
    public static List<(int Header, int Data, int End)> Scans(byte[] jpeg)
    {
        List<(int, int, int)> scans = [];
        for (int position = 2; jpeg[position + 1] != 0xD9;)
        {
            bool isScan = jpeg[position + 1] == 0xDA;
            int header = position;
            position += 2 + (jpeg[position + 2] << 8) + jpeg[position + 3];
            if (isScan)
            {
                int data = position;
                while (jpeg[position] != 0xFF || jpeg[position + 1] is 0 or (>= 0xD0 and <= 0xD7))
                {
                    position++;
                }

                scans.Add((header, data, position));
            }
        }

        return scans;
    }
}
