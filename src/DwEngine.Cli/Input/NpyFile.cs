using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using DwEngine.Files;
using DwEngine.Tensors;

namespace DwEngine.Cli.Input;

/// <summary>The start of a NumPy file of one array: its type and shape, and where its elements begin.</summary>
/// <param name="Type">The type of the elements.</param>
/// <param name="Shape">The dimensions.</param>
/// <param name="Offset">Bytes before the first element.</param>
internal sealed partial record NpyFile(ElementType Type, Shape Shape, int Offset)
{
    /// <summary>The extension, with the dot.</summary>
    public const string Extension = ".npy";

    // The text before the elements is a line; far longer ones are none.
    private const int LongestHeader = 1 << 16, PrefixLength = 10, Alignment = 64;

    private static readonly byte[] s_magic = [0x93, .. "NUMPY"u8];

    private static readonly (ElementType Type, string Code)[] s_types =
    [
        (ElementType.Float32, "<f4"), (ElementType.Float64, "<f8"), (ElementType.Float16, "<f2"), (ElementType.Int64, "<i8"),
        (ElementType.Int32, "<i4"), (ElementType.Int16, "<i2"), (ElementType.Int8, "|i1"), (ElementType.UInt8, "|u1"),
        (ElementType.Bool, "|b1"),
    ];

    /// <summary>Whether a file is one by its name.</summary>
    public static bool IsNpy(string path) => Path.GetExtension(path).Equals(Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the start of a file.</summary>
    /// <exception cref="FileFormatException">It is no such file, or one of a kind that is not read.</exception>
    public static NpyFile Open(string path)
    {
        InputFile.Require(path);
        using FileStream stream = File.OpenRead(path);
        byte[] prefix = new byte[PrefixLength + 2];
        int read = stream.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false);
        if (read < prefix.Length || !prefix.AsSpan().StartsWith(s_magic))
        {
            throw new FileFormatException(path, "byte 0", "starts like no NumPy file");
        }

        // From version 2 on, the header's length has four bytes.
        bool isFirst = prefix[6] == 1;
        int start = isFirst ? PrefixLength : PrefixLength + 2;
        long length = isFirst ? BinaryPrimitives.ReadUInt16LittleEndian(prefix.AsSpan(8))
            : BinaryPrimitives.ReadUInt32LittleEndian(prefix.AsSpan(8));
        if (length > LongestHeader || length > stream.Length - start)
        {
            throw new FileFormatException(
                path, "header", $"has {length} bytes; at most {Math.Min(LongestHeader, stream.Length - start)} were expected");
        }

        byte[] header = new byte[length];
        stream.Position = start;
        stream.ReadExactly(header);
        string text = Encoding.Latin1.GetString(header);
        if (Description().Match(text) is not { Success: true } code || Dimensions().Match(text) is not { Success: true } dimensions)
        {
            throw new FileFormatException(path, "header", "tells no type and shape of an array");
        }

        if (text.Contains("'fortran_order': True", StringComparison.Ordinal))
        {
            throw new FileFormatException(
                path, "header", "is of an array with the first dimension innermost; expected NumPy's usual order");
        }

        int type = Array.FindIndex(s_types, known => known.Code == code.Groups[1].Value);
        return type >= 0
            ? new NpyFile(s_types[type].Type, ShapeOf(path, dimensions.Groups[1].Value), start + (int)length)
            : throw new FileFormatException(
                path, "header",
                $"is of elements that are not known; expected one of {string.Join(", ", s_types.Select(known => known.Code))} are known");
    }

    /// <summary>Writes what stands before the elements.</summary>
    public static void WriteHeader(Stream stream, ElementType type, Shape shape)
    {
        string dimensions = string.Concat(shape.Dimensions.ToArray().Select(size => $"{size.ToString(CultureInfo.InvariantCulture)}, "));
        string code = s_types.First(known => known.Type == type).Code;
        string text = $"{{'descr': '{code}', 'fortran_order': False, 'shape': ({dimensions.TrimEnd()}), }}";
        text = text.PadRight(((PrefixLength + text.Length + Alignment) / Alignment * Alignment) - PrefixLength - 1) + "\n";
        stream.Write([.. s_magic, 1, 0, (byte)text.Length, (byte)(text.Length >> 8), .. Encoding.Latin1.GetBytes(text)]);
    }

    private static Shape ShapeOf(string path, string text)
    {
        var dimensions = new List<int>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            dimensions.Add(int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int size)
                ? size
                : throw new FileFormatException(path, "header", "has a dimension that is no whole number"));
        }

        try
        {
            return new Shape([.. dimensions]);
        }
        catch (ShapeException error)
        {
            throw new FileFormatException(path, "header", error.Message, error);
        }
    }

    [GeneratedRegex("'descr': *'([^']{1,8})'")]
    private static partial Regex Description();

    [GeneratedRegex(@"'shape': *\(([^)]*)\)")]
    private static partial Regex Dimensions();
}
