using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DwEngine.Testing;

/// <summary>A hash of the bits of floats, so that one line of a test holds all instruction sets to the same results.</summary>
internal sealed class BitHash : IDisposable
{
    // NaN's sign and payload are the instruction set's own affair.
    private const uint AnyNaN = 0x7FC00000;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The bits of a float, all NaN being one.</summary>
    public static uint BitsOf(float value) => float.IsNaN(value) ? AnyNaN : BitConverter.SingleToUInt32Bits(value);

    /// <summary>The hash of one row of floats.</summary>
    public static string Of(ReadOnlySpan<float> values)
    {
        using var hash = new BitHash();
        hash.Add(values);
        return hash.ToString();
    }

    /// <summary>Appends floats.</summary>
    public void Add(ReadOnlySpan<float> values)
    {
        byte[] bytes = new byte[values.Length * sizeof(uint)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), BitsOf(values[i]));
        }

        _hash.AppendData(bytes);
    }

    /// <summary>The first 64 bits of the hash of all that was added.</summary>
    public override string ToString() => Convert.ToHexString(_hash.GetCurrentHash().AsSpan(0, 8));

    public void Dispose() => _hash.Dispose();
}
