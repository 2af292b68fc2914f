using System.Buffers;
using System.IO.Compression;
using System.Text;

namespace DwEngine.Vision.Png;

/// <summary>
/// The orientation in a PNG file's chunks: EXIF in its own chunk, or as ImageMagick's profile in hexadecimal digits, and XMP in text. As
/// Pillow reads them.
/// </summary>
internal sealed class PngOrientation
{
    /// <summary>Inflated text beyond this is not read, so that a small file cannot take much memory.</summary>
    private const int MaxTextLength = 1 << 20;

    private readonly OrientationSources _sources = new();
    private byte[]? _profile;

    /// <summary>How the image must be turned, 1 to 8.</summary>
    public int Orientation
    {
        get
        {
            if (!_sources.HasExif && _profile is not null)
            {
                _sources.ReadExif(_profile);
            }

            return _sources.Orientation;
        }
    }

    /// <summary>Takes a chunk in; most tell nothing of interest, and malformed ones tell nothing.</summary>
    public void Read(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        if (type.SequenceEqual("eXIf"u8))
        {
            _sources.ReadExif(data);
            return;
        }

        int end = data.IndexOf((byte)0);
        if (end < 0)
        {
            return;
        }

        ReadOnlySpan<byte> key = data[..end];
        bool exif = key.SequenceEqual("exif"u8) && type.SequenceEqual("tEXt"u8);
        bool profile = key.SequenceEqual("Raw profile type exif"u8);
        bool xmp = key.SequenceEqual("XML:com.adobe.xmp"u8);
        if (!(exif || profile || xmp) || Text(type, data[(end + 1)..]) is not { } text)
        {
            return;
        }

        if (exif)
        {
            _sources.ReadExif(text);
        }
        else if (profile)
        {
            _profile = FromHexadecimal(text);
        }
        else
        {
            _sources.ReadXmp(text);
        }
    }

    /// <summary>The text behind the keyword; null if there is none.</summary>
    private static byte[]? Text(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        if (type.SequenceEqual("tEXt"u8))
        {
            return data.ToArray();
        }

        if (type.SequenceEqual("zTXt"u8))
        {
            return data is [0, ..] ? Inflate(data[1..]) : null;
        }

        if (!type.SequenceEqual("iTXt"u8) || data.Length < 2)
        {
            return null;
        }

        // Compressed or not, the method, and then language and translated keyword, each ended by a zero.
        bool compressed = data[0] != 0;
        int language = data[2..].IndexOf((byte)0);
        if (language < 0)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = data[(2 + language + 1)..];
        int keyword = rest.IndexOf((byte)0);
        ReadOnlySpan<byte> text = keyword < 0 ? [] : rest[(keyword + 1)..];
        return compressed ? Inflate(text) : text.ToArray();
    }

    private static byte[]? Inflate(ReadOnlySpan<byte> compressed)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(MaxTextLength);
        try
        {
            using ZLibStream stream = new(new MemoryStream(compressed.ToArray()), CompressionMode.Decompress);
            int length = stream.ReadAtLeast(buffer.AsSpan(0, MaxTextLength), MaxTextLength, throwOnEndOfStream: false);
            return buffer.AsSpan(0, length).ToArray();
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Three lines of heading, and then digits with breaks among them.</summary>
    private static byte[]? FromHexadecimal(ReadOnlySpan<byte> text)
    {
        for (int line = 0; line < 3; line++)
        {
            text = text[(text.IndexOf((byte)'\n') + 1)..];
        }

        StringBuilder digits = new(text.Length);
        foreach (byte letter in text)
        {
            if (!char.IsWhiteSpace((char)letter))
            {
                digits.Append((char)letter);
            }
        }

        byte[] block = new byte[digits.Length / 2];
        OperationStatus status = Convert.FromHexString(digits.ToString(), block, out _, out _);
        return status == OperationStatus.Done ? block : null;
    }
}
