using System.Buffers.Binary;
using System.Text;

namespace DwEngine.Fuzz.Mutation;

/// <summary>Changes of a safetensors header, with its length put right, and of numbers in the data.</summary>
internal static class SafeTensorsMutations
{
    private static readonly double[] s_numbers =
        [double.NaN, double.PositiveInfinity, double.MaxValue, -double.MaxValue, double.Epsilon, -1, 0, 1e300, 1e18];

    private static readonly byte[][] s_tokens =
    [
        .. new[] { "{", "}", "[", "]", ",", ":", "\"", "null", "true", "-1", "\"F32\"", "\"I64\"", "\"F8\"", "\\u0000", "\\ud800",
            "\"__metadata__\":{}", "[[[[[[[[", "{\"a\":{\"a\":{\"a\":" }
            .Select(Encoding.UTF8.GetBytes),
    ];

    public static byte[] Any(byte[] input, byte[] other, Random random)
    {
        if (input.Length < 8 || BinaryPrimitives.ReadInt64LittleEndian(input) is var length && (length < 0 || length > input.Length - 8))
        {
            return ByteMutations.Any(input, other, random);
        }

        int end = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(input);
        byte[] header = input[8..end], data = input[end..];
        switch (random.Next(5))
        {
            case 0:
                header = ByteMutations.ReplaceDigits(header, random);
                break;
            case 1:
                int at = random.Next(header.Length + 1);
                header = [.. header[..at], .. s_tokens[random.Next(s_tokens.Length)], .. header[at..]];
                break;
            case 2 when data.Length >= sizeof(double):
                int place = random.Next(data.Length / sizeof(double)) * sizeof(double);
                BinaryPrimitives.WriteDoubleLittleEndian(data.AsSpan(place), s_numbers[random.Next(s_numbers.Length)]);
                break;
            case 3:
                data = ByteMutations.Any(data, other, random);
                break;
            default:
                header = ByteMutations.Any(header, other, random);
                break;
        }

        byte[] prefix = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        return [.. prefix, .. header, .. data];
    }
}
