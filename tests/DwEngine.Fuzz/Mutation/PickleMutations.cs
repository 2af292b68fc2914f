using System.Text;

namespace DwEngine.Fuzz.Mutation;

/// <summary>Changes of a pickle: opcodes, with arguments where they have some.</summary>
internal static class PickleMutations
{
    private static readonly byte[] s_opcodes = Encoding.Latin1.GetBytes(
        "(.012FIJKLMNPQRSTUVX]abcdeghijlopqrstu})\u0080\u0081\u0082\u0085\u0086\u0087"
        + "\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098");

    private static readonly byte[][] s_phrases =
    [
        .. new[]
        {
            "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch\nFloatStorage\n", "ccollections\nOrderedDict\n)R", "cos\nsystem\n",
            "ctorch\nSize\n", "cargparse\nNamespace\n)\u0081}b",
            "J\u00ff\u00ff\u00ff\u007f", "J\0\0\0\u0080", "\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f", "((((((((",
            "]]]]]]]]", "}}}}", "0", "2", "q\0h\0", "X\u00ff\u00ff\u00ff\u007f",
        }.Select(Encoding.Latin1.GetBytes),
    ];

    public static byte[] Any(byte[] input, byte[] other, Random random)
    {
        if (input.Length == 0)
        {
            return ByteMutations.Any(input, other, random);
        }

        int at = random.Next(input.Length);
        switch (random.Next(4))
        {
            case 0:
                byte[] copy = [.. input];
                copy[at] = s_opcodes[random.Next(s_opcodes.Length)];
                return copy;
            case 1:
                return [.. input[..at], s_opcodes[random.Next(s_opcodes.Length)], .. input[at..]];
            case 2:
                return [.. input[..at], .. s_phrases[random.Next(s_phrases.Length)], .. input[at..]];
            default:
                return ByteMutations.Any(input, other, random);
        }
    }
}
