using System.Buffers.Binary;
using System.Text;

namespace DwEngine.Samples;

/// <summary>Messages for a trial without a robot: a dark image with one bright cell, serialised as ROS 2 does.</summary>
internal static class MadeImages
{
    // Not those of the network's input, and with a gap between rows.
    public const int Width = 320, Height = 240, Gap = 16;

    /// <summary>The cell of <see cref="ColourCells"/> that is bright.</summary>
    public const int Column = 5, Row = 2;

    /// <summary>What a detector should say of <see cref="Make"/>.</summary>
    public static string ExpectedLabel(string encoding) => encoding.StartsWith("mono", StringComparison.Ordinal) ? "white" : "red";

    /// <summary>One message.</summary>
    /// <param name="encoding">One of <see cref="ImageDetector.Encodings"/>, or another that shall be refused.</param>
    /// <param name="isBigEndian">How samples of 16 bits and the numbers of the message are written.</param>
    public static byte[] Make(string encoding, bool isBigEndian)
    {
        int step = Gap + Width * encoding switch
        {
            "rgba8" or "bgra8" => 4,
            "rgb8" or "bgr8" => 3,
            "mono8" or "nv21" => 1,
            _ => 2,
        };
        int rows = encoding == "nv21" ? Height * 3 / 2 : Height;
        byte[] data = new byte[step * rows];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                bool isBright = x * ColourCells.Grid / Width == Column && y * ColourCells.Grid / Height == Row;
                Put(data, encoding, isBigEndian, step, x, y, isBright);
            }
        }

        return Serialise(encoding, isBigEndian, step, data);
    }

    // Red, or white where there are no colours; black elsewhere. Red is (81, 90, 240) in limited BT.601, black (16, 128, 128).
    private static void Put(byte[] data, string encoding, bool isBigEndian, int step, int x, int y, bool isBright)
    {
        Span<byte> row = data.AsSpan(y * step);
        byte full = isBright ? (byte)255 : (byte)0;
        (byte luma, byte u, byte v) = isBright ? ((byte)81, (byte)90, (byte)240) : ((byte)16, (byte)128, (byte)128);
        switch (encoding)
        {
            case "rgb8":
                row[3 * x] = full;
                break;
            case "bgr8":
                row[(3 * x) + 2] = full;
                break;
            case "rgba8":
                (row[4 * x], row[(4 * x) + 3]) = (full, 255);
                break;
            case "bgra8":
                (row[(4 * x) + 2], row[(4 * x) + 3]) = (full, 255);
                break;
            case "mono8":
                row[x] = full;
                break;
            case "uyvy" or "yuv422":
                (row[2 * x], row[(2 * x) + 1]) = (x % 2 == 0 ? u : v, luma);
                break;
            case "yuyv" or "yuv422_yuy2":
                (row[2 * x], row[(2 * x) + 1]) = (luma, x % 2 == 0 ? u : v);
                break;
            case "nv21":
                row[x] = luma;
                data[((Height + (y / 2)) * step) + x] = x % 2 == 0 ? v : u;
                break;
            default:
                // One byte of the two tells the order of bytes: the other way round it would be black.
                row[(2 * x) + (isBigEndian ? 0 : 1)] = full;
                break;
        }
    }

    private static byte[] Serialise(string encoding, bool isBigEndian, int step, byte[] data)
    {
        var message = new List<byte>(data.Length + 128) { 0, (byte)(isBigEndian ? 0 : 1), 0, 0 };
        UInt32(1700000000);
        UInt32(0);
        Text("camera");
        UInt32(Height);
        UInt32(Width);
        Text(encoding);
        message.Add((byte)(isBigEndian ? 1 : 0));
        UInt32((uint)step);
        UInt32((uint)data.Length);
        message.AddRange(data);
        return [.. message];

        void UInt32(uint value)
        {
            while (message.Count % sizeof(uint) != 0)
            {
                message.Add(0);
            }

            Span<byte> bytes = stackalloc byte[sizeof(uint)];
            if (isBigEndian)
            {
                BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            }

            message.AddRange(bytes);
        }

        void Text(string text)
        {
            UInt32((uint)text.Length + 1);
            message.AddRange(Encoding.ASCII.GetBytes(text));
            message.Add(0);
        }
    }
}
