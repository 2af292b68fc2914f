using System.Buffers.Binary;
using System.IO.Compression;

namespace DwEngine.Fuzz.Mutation;

/// <summary>Changes of what a zip archive holds, with its checksums put right, and of the numbers in its directory.</summary>
internal static class ArchiveMutations
{
    public static byte[] Any(byte[] input, byte[] other, Random random)
    {
        if (random.Next(4) == 0)
        {
            return ChangeDirectory(input, random);
        }

        List<(string Name, byte[] Data)> entries = Entries(input), others = Entries(other);
        if (entries.Count == 0 || others.Count == 0)
        {
            return ByteMutations.Any(input, other, random);
        }

        int at = random.Next(entries.Count);
        switch (random.Next(7))
        {
            case 0:
                entries.RemoveAt(at);
                break;
            case 1:
                entries.Add(entries[at]);
                break;
            case 2:
                entries[at] = (entries[at].Name + (random.Next(2) == 0 ? "x" : "/../x"), entries[at].Data);
                break;
            case 3:
                entries[at] = (entries[at].Name, others[random.Next(others.Count)].Data);
                break;
            default:
                // The pickle decides most.
                at = random.Next(2) == 0 ? Math.Max(0, entries.FindIndex(entry => entry.Name.EndsWith(".pkl", StringComparison.Ordinal)))
                    : at;
                byte[] otherData = others[random.Next(others.Count)].Data;
                entries[at] = (entries[at].Name, PickleMutations.Any(entries[at].Data, otherData, random));
                break;
        }

        return Write(entries, random.Next(4) == 0 ? CompressionLevel.Fastest : CompressionLevel.NoCompression);
    }

    private static List<(string Name, byte[] Data)> Entries(byte[] file)
    {
        List<(string, byte[])> entries = [];
        try
        {
            using var zip = new ZipArchive(new MemoryStream(file));
            foreach (ZipArchiveEntry entry in zip.Entries.Where(entry => entry.Length < file.Length))
            {
                using var data = new MemoryStream();
                using Stream stream = entry.Open();
                stream.CopyTo(data);
                entries.Add((entry.FullName, data.ToArray()));
            }
        }
        catch (Exception error) when (error is InvalidDataException or IOException or ArgumentException or NotSupportedException)
        {
            return [];
        }

        return entries;
    }

    private static byte[] Write(List<(string Name, byte[] Data)> entries, CompressionLevel level)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] data) in entries.Where(entry => entry.Name.Length > 0))
            {
                using Stream entry = zip.CreateEntry(name, level).Open();
                entry.Write(data);
            }
        }

        return stream.ToArray();
    }

    // A number of a local header, a directory entry or the directory's end.
    private static byte[] ChangeDirectory(byte[] input, Random random)
    {
        byte[] copy = [.. input];
        List<int> records = [];
        for (int i = 0; i + 46 <= copy.Length; i++)
        {
            if (copy.AsSpan(i).StartsWith("PK\x01\x02"u8) || copy.AsSpan(i).StartsWith("PK\x03\x04"u8)
                || copy.AsSpan(i).StartsWith("PK\x05\x06"u8))
            {
                records.Add(i);
            }
        }

        if (records.Count > 0)
        {
            int at = records[random.Next(records.Count)] + 4 + random.Next(38);
            BinaryPrimitives.WriteInt32LittleEndian(copy.AsSpan(at), (int)ByteMutations.Number(random));
        }

        return copy;
    }
}
