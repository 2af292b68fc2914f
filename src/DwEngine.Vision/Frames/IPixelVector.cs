namespace DwEngine.Vision.Frames;

/// <summary>
/// The vocabulary of kernels for samples: a vector of 32-bit numbers, each of which can be taken as two of 16 bits. Every operation has one
/// result on all instruction sets. None checks bounds.
/// </summary>
/// <typeparam name="TSelf">The implementation.</typeparam>
internal unsafe interface IPixelVector<TSelf> where TSelf : struct, IPixelVector<TSelf>
{
    /// <summary>Numbers of 32 bits.</summary>
    static abstract int Lanes { get; }

    /// <summary>All numbers equal.</summary>
    static abstract TSelf Broadcast(int value);

    /// <summary>Reads <see cref="Lanes"/> numbers of 32 bits.</summary>
    static abstract TSelf Load(byte* source);

    /// <summary>Reads <see cref="Lanes"/> bytes as numbers of 32 bits.</summary>
    static abstract TSelf LoadBytes(byte* source);

    /// <summary>Reads twice <see cref="Lanes"/> bytes as numbers of 16 bits.</summary>
    static abstract TSelf LoadPairs(byte* source);

    /// <summary>a + b.</summary>
    static abstract TSelf Add(TSelf a, TSelf b);

    /// <summary>a * b.</summary>
    static abstract TSelf Multiply(TSelf a, TSelf b);

    /// <summary>The bits that are ones in both.</summary>
    static abstract TSelf And(TSelf a, TSelf b);

    /// <summary>The smaller of each two numbers.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>The larger of each two numbers.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>Shifts the bits of each number up.</summary>
    static abstract TSelf ShiftLeft(TSelf value, int bits);

    /// <summary>Shifts the bits of each number down and keeps its sign.</summary>
    static abstract TSelf ShiftRight(TSelf value, int bits);

    /// <summary>Shifts the bits of each number down; zeros follow.</summary>
    static abstract TSelf ShiftRightLogical(TSelf value, int bits);

    /// <summary>a - b of numbers of 16 bits without sign, 0 where b is larger.</summary>
    static abstract TSelf SubtractPairs(TSelf a, TSelf b);

    /// <summary>The lower 16 bits of each number of <paramref name="even"/>, the upper 16 of <paramref name="odd"/>.</summary>
    static abstract TSelf Join(TSelf even, TSelf odd);

    /// <summary>Both vectors, one after the other, as numbers of 16 bits; they must fit.</summary>
    static abstract TSelf Pack(TSelf a, TSelf b);

    /// <summary>Writes the 16-bit numbers of both vectors as 4 times <see cref="Lanes"/> bytes, bounded to 0 and 255.</summary>
    static abstract void StoreBytes(byte* target, TSelf a, TSelf b);

    /// <summary>What <see cref="Accumulate"/> takes for two weights from 0 to 2 to the power of 22, one after the other.</summary>
    static abstract (int First, int Second) Weigh(int even, int odd);

    /// <summary>
    /// Adds to a sum, which has two parts, what the lower 16 bits of each number are with one weight and the upper 16 with another.
    /// </summary>
    static abstract void Accumulate(ref TSelf high, ref TSelf low, TSelf pairs, int* weights);

    /// <summary>The sum of both parts.</summary>
    static abstract TSelf Total(TSelf high, TSelf low);

    /// <summary>The whole number of times that a divisor goes into each number, below 2 to the power of 24; at most 255.</summary>
    static abstract TSelf Quotient(TSelf dividend, float divisor);

    /// <summary>Writes <c>(number / 255 - mean) / deviation</c> of each number as a float.</summary>
    static abstract void StoreNormalised(float* target, TSelf value, float mean, float deviation);
}
