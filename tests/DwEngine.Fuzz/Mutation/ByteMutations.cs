using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace DwEngine.Fuzz.Mutation;

/// <summary>Changes that need to know nothing of a format.</summary>
internal static partial class ByteMutations
{
    private static readonly long[] s_interesting =
    [
        0, 1, 2, 3, 7, 8, 16, 127, 128, 255, 256, 4096, 32767, 32768, 65535, 65536, int.MaxValue, 1L << 31, uint.MaxValue, 1L << 32,
        1L << 53, long.MaxValue, long.MinValue, -1, -2, -128,
        int.MinValue,
    ];

    /// <summary>A number at the edge of something, or a small one.</summary>
    public static long Number(Random random) => random.Next(4) == 0
        ? random.Next(1 << random.Next(1, 31)) - 1
        : s_interesting[random.Next(s_interesting.Length)] + (random.Next(3) == 0 ? random.Next(-1, 2) : 0);

    /// <summary>One of all changes.</summary>
    public static byte[] Any(byte[] input, byte[] other, Random random) => random.Next(10) switch
    {
        0 => Flip(input, random),
        1 => Overwrite(input, random),
        2 or 3 => WriteNumber(input, random),
        4 => Remove(input, random),
        5 => Duplicate(input, random),
        6 => Insert(input, random),
        7 => Splice(input, other, random),
        8 => input[..random.Next(input.Length + 1)],
        _ => ReplaceDigits(input, random),
    };

    private static byte[] Flip(byte[] input, Random random) =>
        Changed(input, copy => copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8)));

    private static byte[] Overwrite(byte[] input, Random random) => Changed(input, copy =>
    {
        int start = random.Next(copy.Length);
        random.NextBytes(copy.AsSpan(start, Math.Min(1 + random.Next(4), copy.Length - start)));
    });

    private static byte[] WriteNumber(byte[] input, Random random) => Changed(input, copy =>
    {
        byte[] number = new byte[sizeof(long)];
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, Number(random));
        }
        else
        {
            BinaryPrimitives.WriteInt64BigEndian(number, Number(random));
            number = random.Next(3) switch { 0 => number[4..], 1 => number[6..], _ => number };
        }

        int start = random.Next(copy.Length), length = Math.Min(Math.Min(1 << random.Next(4), number.Length), copy.Length - start);
        number.AsSpan(0, length).CopyTo(copy.AsSpan(start));
    });

    private static byte[] Remove(byte[] input, Random random)
    {
        (int start, int length) = Range(input, random);
        return [.. input[..start], .. input[(start + length)..]];
    }

    private static byte[] Duplicate(byte[] input, Random random)
    {
        (int start, int length) = Range(input, random);
        byte[] part = input[start..(start + length)];
        byte[] copies = [.. Enumerable.Repeat(part, random.Next(8) == 0 ? 1 + random.Next(64) : 1).SelectMany(bytes => bytes)];
        int place = random.Next(2) == 0 ? start : random.Next(input.Length + 1);
        return [.. input[..place], .. copies, .. input[place..]];
    }

    private static byte[] Insert(byte[] input, Random random)
    {
        byte[] bytes = new byte[1 + random.Next(random.Next(8) == 0 ? 256 : 8)];
        random.NextBytes(bytes);
        int place = random.Next(input.Length + 1);
        return [.. input[..place], .. bytes, .. input[place..]];
    }

    private static byte[] Splice(byte[] input, byte[] other, Random random)
    {
        (int start, int length) = Range(other, random);
        int place = random.Next(input.Length + 1), end = random.Next(2) == 0 ? place : random.Next(place, input.Length + 1);
        return [.. input[..place], .. other[start..(start + length)], .. input[end..]];
    }

    /// <summary>Replaces a decimal number in a text, if there is one.</summary>
    public static byte[] ReplaceDigits(byte[] input, Random random)
    {
        string text = Encoding.Latin1.GetString(input);
        MatchCollection numbers = Digits().Matches(text);
        if (numbers.Count == 0)
        {
            return Flip(input, random);
        }

        Match number = numbers[random.Next(numbers.Count)];
        string replacement = random.Next(8) switch
        {
            0 => "1e999",
            1 => new string('9', 1 + random.Next(40)),
            2 => "-0.0",
            _ => Number(random).ToString(CultureInfo.InvariantCulture),
        };
        return Encoding.Latin1.GetBytes(text[..number.Index] + replacement + text[(number.Index + number.Length)..]);
    }

    private static byte[] Changed(byte[] input, Action<byte[]> change)
    {
        byte[] copy = [.. input];
        if (copy.Length > 0)
        {
            change(copy);
        }

        return copy;
    }

    // Short parts more often than long ones.
    private static (int Start, int Length) Range(byte[] input, Random random)
    {
        int start = random.Next(input.Length + 1);
        int longest = input.Length - start;
        return (start, Math.Min(longest, random.Next(3) == 0 ? random.Next(longest + 1) : random.Next(17)));
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
