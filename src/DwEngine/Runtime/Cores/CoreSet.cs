using System.Numerics;

namespace DwEngine.Runtime.Cores;

/// <summary>A set of logical cores, laid out as Linux lays out affinity masks.</summary>
internal sealed class CoreSet
{
    /// <summary>Cores are numbered below this.</summary>
    public const int Capacity = 1024;

    private const int WordBits = 64;

    private readonly ulong[] _words = new ulong[Capacity / WordBits];

    /// <summary>The mask, the lowest core first.</summary>
    public Span<ulong> Words => _words;

    /// <summary>The number of cores.</summary>
    public int Count
    {
        get
        {
            int count = 0;
            foreach (ulong word in _words)
            {
                count += BitOperations.PopCount(word);
            }

            return count;
        }
    }

    /// <summary>Whether a core is in the set; a number out of range is not.</summary>
    public bool Contains(int core) => (uint)core < Capacity && (_words[core / WordBits] >> (core % WordBits) & 1) != 0;

    /// <summary>Adds a core.</summary>
    public void Add(int core) => _words[core / WordBits] |= 1UL << (core % WordBits);

    /// <summary>Removes a core.</summary>
    public void Remove(int core) => _words[core / WordBits] &= ~(1UL << (core % WordBits));

    /// <summary>Makes this the set of one core.</summary>
    public void SetTo(int core)
    {
        _words.AsSpan().Clear();
        Add(core);
    }

    /// <summary>Makes this equal to another set.</summary>
    public void SetTo(CoreSet other) => other._words.CopyTo(_words, 0);

    /// <summary>Whether both hold the same cores.</summary>
    public bool IsSameAs(CoreSet other) => _words.AsSpan().SequenceEqual(other._words);

    /// <summary>Whether this is the set of one core.</summary>
    public bool IsOnly(int core) => Contains(core) && Count == 1;

    /// <summary>The lowest core of the set that is not below a number; -1 if there is none.</summary>
    public int Next(int from)
    {
        for (int core = from; core < Capacity; core++)
        {
            ulong rest = _words[core / WordBits] >> (core % WordBits);
            if (rest != 0)
            {
                return core + BitOperations.TrailingZeroCount(rest);
            }

            core |= WordBits - 1;
        }

        return -1;
    }
}
