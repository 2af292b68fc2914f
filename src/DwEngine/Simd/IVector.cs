namespace DwEngine.Simd;

/// <summary>
/// The vocabulary in which kernels are written. A kernel takes an implementation as a struct type parameter, so the JIT and
/// Native AOT compile one body for each instruction set. None of the operations checks bounds.
/// </summary>
/// <remarks>
/// Every operation gives each lane the same bits in all vocabularies, NaN's sign and payload excepted. The only exception is <see
/// cref="MultiplyAdd"/> of <see cref="Isa.Portable"/>, see <see cref="Isas.IsReproducible"/>. A kernel whose lanes do not depend on <see
/// cref="Lanes"/> therefore has one result; one that reduces takes <see cref="PartialSums{TVector}"/>.
/// </remarks>
/// <typeparam name="TSelf">The implementation: a vector of <see cref="Lanes"/> floats.</typeparam>
internal unsafe interface IVector<TSelf> where TSelf : struct, IVector<TSelf>
{
    /// <summary>The instruction set that this vocabulary compiles to.</summary>
    static abstract Isa Isa { get; }

    /// <summary>Floats in one vector.</summary>
    static abstract int Lanes { get; }

    /// <summary>Vectors that fit into registers at a time: 16 or 32.</summary>
    static abstract int Registers { get; }

    /// <summary>Reads <see cref="Lanes"/> floats; no alignment needed.</summary>
    static abstract TSelf Load(float* source);

    /// <summary>Reads <see cref="Lanes"/> bytes as whole numbers from 0 to 255; no alignment needed.</summary>
    static abstract TSelf LoadBytes(byte* source);

    /// <summary>
    /// Reads <see cref="Lanes"/> numbers of 16 bits (binary16), each times 2^-112 and then times a factor; no alignment needed. They must
    /// be normal or 0.
    /// </summary>
    static abstract TSelf LoadHalves(ushort* source, TSelf factor);

    /// <summary>Writes <see cref="Lanes"/> floats; no alignment needed.</summary>
    static abstract void Store(float* target, TSelf value);

    /// <summary>Asks for the cache line at <paramref name="source"/>, which need not be readable. May do nothing.</summary>
    static abstract void Prefetch(float* source);

    /// <summary>
    /// Reads the first <paramref name="count"/> floats and nothing beyond them; the other lanes are 0. Below 1 nothing is read.
    /// </summary>
    static abstract TSelf LoadPartial(float* source, int count);

    /// <summary>Writes the first <paramref name="count"/> lanes and nothing beyond them.</summary>
    static abstract void StorePartial(float* target, TSelf value, int count);

    /// <summary>
    /// Reads the lanes from <paramref name="begin"/> up to <paramref name="end"/> of the vector at <paramref name="source"/>; the others
    /// are 0.
    /// </summary>
    /// <remarks>Neither bound need be within the vector: a range that lies outside reads nothing.</remarks>
    static abstract TSelf LoadRange(float* source, int begin, int end);

    /// <summary>The lanes with even numbers of both vectors, one after the other.</summary>
    static abstract TSelf Even(TSelf a, TSelf b);

    /// <summary>The lanes with odd numbers of both vectors, one after the other.</summary>
    static abstract TSelf Odd(TSelf a, TSelf b);

    /// <summary>The lanes of the lower halves of both vectors in turns: the first of a, the first of b, the second of a.</summary>
    static abstract TSelf InterleaveLower(TSelf a, TSelf b);

    /// <summary>The lanes of the upper halves of both vectors in turns.</summary>
    static abstract TSelf InterleaveUpper(TSelf a, TSelf b);

    /// <summary>Every lane moves up by one; the last of <paramref name="previous"/> becomes the first.</summary>
    static abstract TSelf ShiftUp(TSelf previous, TSelf current);

    /// <summary>Every lane moves down by one; the first of <paramref name="next"/> becomes the last.</summary>
    static abstract TSelf ShiftDown(TSelf current, TSelf next);

    /// <summary>The bits of <paramref name="value"/> where <paramref name="mask"/> has ones.</summary>
    static abstract TSelf And(TSelf value, TSelf mask);

    /// <summary>All lanes equal to <paramref name="value"/>.</summary>
    static abstract TSelf Broadcast(float value);

    /// <summary>a * b + c, rounded once; twice only where <see cref="Isas.IsReproducible"/> says no.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>Adds a * b to a sum that stays in a register, rounded as <see cref="MultiplyAdd"/> does.</summary>
    static abstract void Accumulate(ref TSelf sum, TSelf a, TSelf b);

    /// <summary>Adds a times one number in memory to a sum that stays in a register, rounded as <see cref="MultiplyAdd"/> does.</summary>
    static abstract void Accumulate(ref TSelf sum, TSelf a, float* factor);

    /// <summary>a + b.</summary>
    static abstract TSelf Add(TSelf a, TSelf b);

    /// <summary>a * b.</summary>
    static abstract TSelf Multiply(TSelf a, TSelf b);

    /// <summary>The larger of each pair, +0 above -0; NaN if one of them is NaN.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>Where value is less than low, low; else the value itself, so NaN stays NaN. The bound must not be NaN.</summary>
    static abstract TSelf AtLeast(TSelf value, TSelf low);

    /// <summary>
    /// Where value is more than high, high; else the value itself, so NaN stays NaN. The bound must not be NaN or -0.
    /// </summary>
    static abstract TSelf AtMost(TSelf value, TSelf high);

    /// <summary>
    /// Where value is less than low, low; where that is more than high, high; else the value itself, so NaN stays NaN and -0 stays -0
    /// between bounds of 0. The bounds must not be NaN, and high must not be -0.
    /// </summary>
    static abstract TSelf Clamp(TSelf value, TSelf low, TSelf high);

    /// <summary>
    /// The sum of all lanes: the upper half is added to the lower until four are left, which are added as (0 + 1) + (2 + 3).
    /// </summary>
    static abstract float Sum(TSelf value);

    /// <summary>2 to the power of each lane. Lanes must be whole numbers from -126 to 127; of others the result is any number.</summary>
    static abstract TSelf PowerOfTwo(TSelf exponent);

    /// <summary>
    /// A lane of value times 2 to the power of that of exponent, rounded once. Values must be at least 1/2 and less than 2, exponents whole
    /// numbers from -160 to 160; NaN of NaN.
    /// </summary>
    static abstract TSelf Scale(TSelf value, TSelf exponent);

    /// <summary>a - b.</summary>
    static abstract TSelf Subtract(TSelf a, TSelf b);

    /// <summary>a / b.</summary>
    static abstract TSelf Divide(TSelf a, TSelf b);

    /// <summary>The square root; NaN of what is less than 0, and -0 of -0.</summary>
    static abstract TSelf SquareRoot(TSelf value);

    /// <summary>The smaller of each pair, -0 below +0; NaN if one of them is NaN.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>The largest whole number that is not above the value; zeros, infinities and NaN stay.</summary>
    static abstract TSelf Floor(TSelf value);

    /// <summary>The smallest whole number that is not below the value, -0 for what lies between -1 and 0.</summary>
    static abstract TSelf Ceiling(TSelf value);

    /// <summary>The nearest whole number, the even one of two that are equally near; the sign stays, that of a zero too.</summary>
    static abstract TSelf Round(TSelf value);

    /// <summary>The bits that are ones in either.</summary>
    static abstract TSelf Or(TSelf a, TSelf b);

    /// <summary>The bits that are ones in one of the two.</summary>
    static abstract TSelf Xor(TSelf a, TSelf b);

    /// <summary>
    /// A mask: all bits of a lane are ones where a is less than b, else zeros. Nothing is less or more than NaN, or equal to it.
    /// </summary>
    static abstract TSelf Less(TSelf a, TSelf b);

    /// <summary>A mask of the lanes where a is less than b or equal to it; see <see cref="Less"/>.</summary>
    static abstract TSelf LessOrEqual(TSelf a, TSelf b);

    /// <summary>A mask of the lanes where a is equal to b, as +0 is to -0; see <see cref="Less"/>.</summary>
    static abstract TSelf Equal(TSelf a, TSelf b);

    /// <summary>a where a mask has ones, b where it has zeros.</summary>
    static abstract TSelf Select(TSelf mask, TSelf a, TSelf b);

    /// <summary>The exponent of each lane as a number. Lanes must be positive and normal; of others the result is any number.</summary>
    static abstract TSelf ExponentOf(TSelf value);

    /// <summary>Reads <see cref="Lanes"/> bytes as a mask: ones where a byte is not 0.</summary>
    static abstract TSelf LoadMask(byte* source);

    /// <summary>Writes <see cref="Lanes"/> bytes: 1 where a mask has ones, 0 where it has zeros.</summary>
    static abstract void StoreMask(byte* target, TSelf mask);
}
