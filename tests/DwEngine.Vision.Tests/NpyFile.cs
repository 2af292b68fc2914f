using System.Buffers.Binary;
using System.Text;

namespace DwEngine.Vision.Tests;

/// <summary>Reads NumPy's .npy files (format version 1) of uint8 in C order.</summary>
internal static class NpyFile
{
    public static (int[] Shape, byte[] Data) ReadUInt8(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.Length < 10 || bytes[0] != 0x93 || !bytes.AsSpan(1).StartsWith("NUMPY\x01"u8))
        {
            throw new InvalidDataException($"{path} is not a .npy file.");
        }

        int headerLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        string header = Encoding.ASCII.GetString(bytes, 10, headerLength);
        if (!header.Contains("'|u1'", StringComparison.Ordinal) || !header.Contains("'fortran_order': False", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{path} does not hold uint8 in C order: {header}");
        }

        int open = header.IndexOf('(', StringComparison.Ordinal) + 1;
        string sides = header[open..header.IndexOf(')', StringComparison.Ordinal)];
        int[] shape = [.. sides.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(int.Parse)];
        return (shape, bytes[(10 + headerLength)..]);
    }
}
