using System.Buffers.Binary;
using System.Text;
using DwEngine.Vision.Frames;

namespace DwEngine.Samples;

/// <summary>The fields of a <c>sensor_msgs/Image</c>, whatever brought them. The bytes are the message's own, not a copy.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Encoding">The name of the pixels' form, as in <c>sensor_msgs/image_encodings.hpp</c>.</param>
/// <param name="IsBigEndian">Whether the upper byte of a sample of 16 bits comes first.</param>
/// <param name="Step">Bytes from one row to the next.</param>
/// <param name="Data">The rows.</param>
internal readonly ref struct RosImage(uint height, uint width, string encoding, bool isBigEndian, uint step, ReadOnlySpan<byte> data)
{
    public uint Height { get; } = height;

    public uint Width { get; } = width;

    public string Encoding { get; } = encoding;

    public bool IsBigEndian { get; } = isBigEndian;

    public uint Step { get; } = step;

    public ReadOnlySpan<byte> Data { get; } = data;

    /// <summary>
    /// Reads a message in its serialised form: CDR as DDS, Zenoh and recordings (MCAP, rosbag2) carry it, with its header of four bytes.
    /// </summary>
    /// <param name="message">The payload of one message.</param>
    /// <param name="lastEncoding">The encoding of the message before: the same text is not made anew.</param>
    /// <exception cref="FrameException">The bytes are not such a message.</exception>
    public static RosImage Read(ReadOnlySpan<byte> message, string lastEncoding = "")
    {
        var reader = new CdrReader(message);
        _ = reader.UInt32("stamp.sec");
        _ = reader.UInt32("stamp.nanosec");
        _ = reader.Text("frame_id");
        uint height = reader.UInt32("height"), width = reader.UInt32("width");
        ReadOnlySpan<byte> name = reader.Text("encoding");
        string encoding = Ascii.Equals(name, lastEncoding) ? lastEncoding : System.Text.Encoding.UTF8.GetString(name);
        bool isBigEndian = reader.Byte("is_bigendian") != 0;
        uint step = reader.UInt32("step");
        return new RosImage(height, width, encoding, isBigEndian, step, reader.Bytes(reader.UInt32("data"), "data"));
    }

    /// <summary>Values of plain CDR (XCDR1): each begins at a multiple of its size, counted from the end of the header.</summary>
    private ref struct CdrReader
    {
        private const int HeaderLength = 4;

        private readonly bool _isLittleEndian;
        private ReadOnlySpan<byte> _body;
        private int _position;

        public CdrReader(ReadOnlySpan<byte> message)
        {
            if (message.Length < HeaderLength || message[0] != 0 || message[1] > 1)
            {
                throw new FrameException(
                    $"a serialised message begins with 0000 or 0001 (plain CDR); found "
                        + $"{(message.IsEmpty ? "nothing" : Convert.ToHexString(message[..Math.Min(2, message.Length)]))}.");
            }

            _isLittleEndian = message[1] == 1;
            _body = message[HeaderLength..];
        }

        public byte Byte(string field) => Bytes(1, field)[0];

        public uint UInt32(string field)
        {
            _position = (_position + 3) & ~3;
            ReadOnlySpan<byte> bytes = Bytes(sizeof(uint), field);
            return _isLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
        }

        // The length counts the zero at the end.
        public ReadOnlySpan<byte> Text(string field)
        {
            ReadOnlySpan<byte> bytes = Bytes(UInt32(field), field);
            return bytes is [.. var text, 0]
                ? text
                : throw new FrameException($"sensor_msgs/Image: {field} ends without a zero.");
        }

        public ReadOnlySpan<byte> Bytes(uint length, string field)
        {
            int left = Math.Max(_body.Length - _position, 0);
            if (length > left)
            {
                throw new FrameException($"sensor_msgs/Image: {field} takes {length} bytes at byte {_position}; {left} are left.");
            }

            ReadOnlySpan<byte> bytes = _body.Slice(_position, (int)length);
            _position += (int)length;
            return bytes;
        }
    }
}
