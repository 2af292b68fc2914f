using DwEngine.Simd;

namespace DwEngine.Tests.Kernels;

/// <summary>The lanes of all multiplications and multiply-adds of this thread's <see cref="CountingVector{TVector}"/>.</summary>
internal static class LaneCounter
{
    [ThreadStatic]
    private static long s_count;

    /// <summary>The lanes that <paramref name="action"/> multiplies.</summary>
    public static long Count(Action action)
    {
        s_count = 0;
        action();
        return s_count;
    }

    /// <summary>Adds a vector.</summary>
    public static void Add(int lanes) => s_count += lanes;
}

/// <summary>A vocabulary that counts what it multiplies and leaves the work to another.</summary>
internal unsafe struct CountingVector<TVector> : IVector<CountingVector<TVector>>
    where TVector : struct, IVector<TVector>
{
    private TVector _value;

    private CountingVector(TVector value) => _value = value;

    public static Isa Isa => TVector.Isa;

    public static int Lanes => TVector.Lanes;

    public static int Registers => TVector.Registers;

    public static CountingVector<TVector> Load(float* source) => new(TVector.Load(source));

    public static CountingVector<TVector> LoadBytes(byte* source) => new(TVector.LoadBytes(source));

    public static CountingVector<TVector> LoadHalves(ushort* source, CountingVector<TVector> factor) =>
        new(TVector.LoadHalves(source, factor._value));

    public static void Store(float* target, CountingVector<TVector> value) => TVector.Store(target, value._value);

    public static void Prefetch(float* source) => TVector.Prefetch(source);

    public static CountingVector<TVector> LoadPartial(float* source, int count) => new(TVector.LoadPartial(source, count));

    public static void StorePartial(float* target, CountingVector<TVector> value, int count) =>
        TVector.StorePartial(target, value._value, count);

    public static CountingVector<TVector> LoadRange(float* source, int begin, int end) => new(TVector.LoadRange(source, begin, end));

    public static CountingVector<TVector> Even(CountingVector<TVector> a, CountingVector<TVector> b) =>
        new(TVector.Even(a._value, b._value));

    public static CountingVector<TVector> Odd(CountingVector<TVector> a, CountingVector<TVector> b) => new(TVector.Odd(a._value, b._value));

    public static CountingVector<TVector> InterleaveLower(CountingVector<TVector> a, CountingVector<TVector> b) =>
        new(TVector.InterleaveLower(a._value, b._value));

    public static CountingVector<TVector> InterleaveUpper(CountingVector<TVector> a, CountingVector<TVector> b) =>
        new(TVector.InterleaveUpper(a._value, b._value));

    public static CountingVector<TVector> ShiftUp(CountingVector<TVector> previous, CountingVector<TVector> current) =>
        new(TVector.ShiftUp(previous._value, current._value));

    public static CountingVector<TVector> ShiftDown(CountingVector<TVector> current, CountingVector<TVector> next) =>
        new(TVector.ShiftDown(current._value, next._value));

    public static CountingVector<TVector> And(CountingVector<TVector> value, CountingVector<TVector> mask) =>
        new(TVector.And(value._value, mask._value));

    public static CountingVector<TVector> Broadcast(float value) => new(TVector.Broadcast(value));

    public static CountingVector<TVector> MultiplyAdd(CountingVector<TVector> a, CountingVector<TVector> b, CountingVector<TVector> c)
    {
        LaneCounter.Add(Lanes);
        return new(TVector.MultiplyAdd(a._value, b._value, c._value));
    }

    public static void Accumulate(ref CountingVector<TVector> sum, CountingVector<TVector> a, CountingVector<TVector> b)
    {
        LaneCounter.Add(Lanes);
        TVector.Accumulate(ref sum._value, a._value, b._value);
    }

    public static void Accumulate(ref CountingVector<TVector> sum, CountingVector<TVector> a, float* factor)
    {
        LaneCounter.Add(Lanes);
        TVector.Accumulate(ref sum._value, a._value, factor);
    }

    public static CountingVector<TVector> Add(CountingVector<TVector> a, CountingVector<TVector> b) => new(TVector.Add(a._value, b._value));

    public static CountingVector<TVector> Multiply(CountingVector<TVector> a, CountingVector<TVector> b)
    {
        LaneCounter.Add(Lanes);
        return new(TVector.Multiply(a._value, b._value));
    }

    public static CountingVector<TVector> Max(CountingVector<TVector> a, CountingVector<TVector> b) => new(TVector.Max(a._value, b._value));

    public static CountingVector<TVector> AtLeast(CountingVector<TVector> value, CountingVector<TVector> low) =>
        new(TVector.AtLeast(value._value, low._value));

    public static CountingVector<TVector> AtMost(CountingVector<TVector> value, CountingVector<TVector> high) =>
        new(TVector.AtMost(value._value, high._value));

    public static CountingVector<TVector> Clamp(CountingVector<TVector> value, CountingVector<TVector> low, CountingVector<TVector> high) =>
        new(TVector.Clamp(value._value, low._value, high._value));

    public static float Sum(CountingVector<TVector> value) => TVector.Sum(value._value);

    public static CountingVector<TVector> Scale(CountingVector<TVector> value, CountingVector<TVector> exponent) =>
        new(TVector.Scale(value._value, exponent._value));

    public static CountingVector<TVector> PowerOfTwo(CountingVector<TVector> exponent) => new(TVector.PowerOfTwo(exponent._value));

    public static CountingVector<TVector> Subtract(CountingVector<TVector> a, CountingVector<TVector> b) =>
        new(TVector.Subtract(a._value, b._value));

    public static CountingVector<TVector> Divide(CountingVector<TVector> a, CountingVector<TVector> b) =>
        new(TVector.Divide(a._value, b._value));

    public static CountingVector<TVector> SquareRoot(CountingVector<TVector> value) => new(TVector.SquareRoot(value._value));

    public static CountingVector<TVector> Min(CountingVector<TVector> a, CountingVector<TVector> b) => new(TVector.Min(a._value, b._value));

    public static CountingVector<TVector> Floor(CountingVector<TVector> value) => new(TVector.Floor(value._value));

    public static CountingVector<TVector> Ceiling(CountingVector<TVector> value) => new(TVector.Ceiling(value._value));

    public static CountingVector<TVector> Round(CountingVector<TVector> value) => new(TVector.Round(value._value));

    public static CountingVector<TVector> Or(CountingVector<TVector> a, CountingVector<TVector> b) => new(TVector.Or(a._value, b._value));

    public static CountingVector<TVector> Xor(CountingVector<TVector> a, CountingVector<TVector> b) => new(TVector.Xor(a._value, b._value));

    public static CountingVector<TVector> Less(CountingVector<TVector> a, CountingVector<TVector> b) =>
        new(TVector.Less(a._value, b._value));

    public static CountingVector<TVector> LessOrEqual(CountingVector<TVector> a, CountingVector<TVector> b) =>
        new(TVector.LessOrEqual(a._value, b._value));

    public static CountingVector<TVector> Equal(CountingVector<TVector> a, CountingVector<TVector> b) =>
        new(TVector.Equal(a._value, b._value));

    public static CountingVector<TVector> Select(CountingVector<TVector> mask, CountingVector<TVector> a, CountingVector<TVector> b) =>
        new(TVector.Select(mask._value, a._value, b._value));

    public static CountingVector<TVector> ExponentOf(CountingVector<TVector> value) => new(TVector.ExponentOf(value._value));

    public static CountingVector<TVector> LoadMask(byte* source) => new(TVector.LoadMask(source));

    public static void StoreMask(byte* target, CountingVector<TVector> mask) => TVector.StoreMask(target, mask._value);
}
