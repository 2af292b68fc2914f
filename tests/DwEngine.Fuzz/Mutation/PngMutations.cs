using System.IO.Compression;
using DwEngine.Vision.Tests;

namespace DwEngine.Fuzz.Mutation;

/// <summary>Changes of a PNG's chunks, with lengths and checksums put right, and of the pixels before compression.</summary>
internal static class PngMutations
{
    private static readonly string[] s_types =
        ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "eXIf", "iTXt", "tEXt", "zTXt", "gAMA", "acTL", "fdAT", "abcd", "ABCD"];

    public static byte[] Any(byte[] input, byte[] other, Random random)
    {
        if (!TryChunks(input, out List<(string Type, byte[] Data)> chunks)
            || !TryChunks(other, out List<(string Type, byte[] Data)> others))
        {
            return ByteMutations.Any(input, other, random);
        }

        int at = random.Next(chunks.Count);
        switch (random.Next(7))
        {
            case 0:
                chunks.RemoveAt(at);
                break;
            case 1:
                chunks.Insert(random.Next(chunks.Count + 1), chunks[at]);
                break;
            case 2:
                (chunks[at], chunks[^1]) = (chunks[^1], chunks[at]);
                break;
            case 3:
                chunks.Insert(at, others[random.Next(others.Count)]);
                break;
            case 4:
                chunks[at] = (s_types[random.Next(s_types.Length)], chunks[at].Data);
                break;
            case 5:
                Recompress(chunks, random);
                break;
            default:
                chunks[at] = (chunks[at].Type, ByteMutations.Any(chunks[at].Data, others[random.Next(others.Count)].Data, random));
                break;
        }

        return PngWriter.File(chunks);
    }

    private static bool TryChunks(byte[] file, out List<(string Type, byte[] Data)> chunks)
    {
        chunks = [];
        try
        {
            chunks = PngWriter.Chunks(file);
        }
        catch (Exception error) when (error is ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            // An input that was damaged before has no chunks.
        }

        return chunks.Count > 0;
    }

    private static void Recompress(List<(string Type, byte[] Data)> chunks, Random random)
    {
        int at = chunks.FindIndex(chunk => chunk.Type == "IDAT");
        byte[] compressed = [.. chunks.Where(chunk => chunk.Type == "IDAT").SelectMany(chunk => chunk.Data)];
        byte[] pixels;
        try
        {
            using var inflate = new ZLibStream(new MemoryStream(compressed), CompressionMode.Decompress);
            byte[] buffer = new byte[1 << 16];
            pixels = buffer[..inflate.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            // Damaged before: data that the library refuses, or a stream that needs a preset dictionary.
            return;
        }

        using var target = new MemoryStream();
        using (var deflate = new ZLibStream(target, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(ByteMutations.Any(pixels, pixels, random));
        }

        chunks.RemoveAll(chunk => chunk.Type == "IDAT");
        if (at >= 0)
        {
            chunks.Insert(at, ("IDAT", target.ToArray()));
        }
    }
}
