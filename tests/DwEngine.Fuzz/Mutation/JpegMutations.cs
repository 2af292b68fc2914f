using System.Buffers.Binary;

namespace DwEngine.Fuzz.Mutation;

/// <summary>Changes of a JPEG's segments, with lengths put right.</summary>
internal static class JpegMutations
{
    // Frames, tables, scans, restart intervals, application data.
    private static readonly byte[] s_markers = [0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC9, 0xDA, 0xDB, 0xDC, 0xDD, 0xE0, 0xE1, 0xEE, 0xFE];

    public static byte[] Any(byte[] input, byte[] other, Random random)
    {
        List<Segment> segments = Segments(input), others = Segments(other);
        if (segments.Count == 0 || others.Count == 0)
        {
            return ByteMutations.Any(input, other, random);
        }

        int at = random.Next(segments.Count);
        Segment segment = segments[at];
        switch (random.Next(7))
        {
            case 0:
                segments.RemoveAt(at);
                break;
            case 1:
                segments.Insert(random.Next(segments.Count + 1), segment);
                break;
            case 2:
                segments[at] = others[random.Next(others.Count)];
                break;
            case 3:
                segments[at] = segment with { Marker = s_markers[random.Next(s_markers.Length)] };
                break;
            case 4:
                segments[at] = segment with { Scan = ByteMutations.Any(segment.Scan, others[random.Next(others.Count)].Scan, random) };
                break;
            default:
                segments[at] = segment with { Data = ByteMutations.Any(segment.Data, others[random.Next(others.Count)].Data, random) };
                break;
        }

        return [0xFF, 0xD8, .. segments.SelectMany(Bytes), 0xFF, 0xD9];
    }

    private static IEnumerable<byte> Bytes(Segment segment)
    {
        byte[] data = segment.Data.Length <= ushort.MaxValue - 2 ? segment.Data : segment.Data[..(ushort.MaxValue - 2)];
        byte[] header = [0xFF, segment.Marker, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(data.Length + 2));
        return [.. header, .. data, .. segment.Scan];
    }

    // The segments up to where the file stops being one; what follows a scan's header up to the next marker belongs to it.
    private static List<Segment> Segments(byte[] file)
    {
        List<Segment> segments = [];
        for (int at = 2; at + 4 <= file.Length && file[at] == 0xFF && file[at + 1] != 0xD9;)
        {
            int end = at + 2 + BinaryPrimitives.ReadUInt16BigEndian(file.AsSpan(at + 2));
            if (end > file.Length || end < at + 4)
            {
                break;
            }

            int next = end;
            while (next + 1 < file.Length && !(file[next] == 0xFF && file[next + 1] is not 0 and not (>= 0xD0 and <= 0xD7)))
            {
                next++;
            }

            segments.Add(new Segment(file[at + 1], file[(at + 4)..end], file[end..next]));
            at = next;
        }

        return segments;
    }

    private sealed record Segment(byte Marker, byte[] Data, byte[] Scan);
}
