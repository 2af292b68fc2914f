using DwEngine.Simd;

namespace DwEngine.Tests.Kernels;

/// <summary>The lanes of all multiplications and multiply-adds of this thread's <see cref="CountingSimd{TSimd, TVector}"/>.</summary>
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
internal readonly unsafe struct CountingSimd<TSimd, TVector> : ISimd<TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public static Isa Isa => TSimd.Isa;

    public static int Lanes => TSimd.Lanes;

    public static int Registers => TSimd.Registers;

    public static TVector Load(float* source) => TSimd.Load(source);

    public static TVector LoadBytes(byte* source) => TSimd.LoadBytes(source);

    public static void Store(float* target, TVector value) => TSimd.Store(target, value);

    public static void Prefetch(float* source) => TSimd.Prefetch(source);

    public static TVector LoadPartial(float* source, int count) => TSimd.LoadPartial(source, count);

    public static void StorePartial(float* target, TVector value, int count) => TSimd.StorePartial(target, value, count);

    public static TVector LoadRange(float* source, int begin, int end) => TSimd.LoadRange(source, begin, end);

    public static TVector Even(TVector a, TVector b) => TSimd.Even(a, b);

    public static TVector Odd(TVector a, TVector b) => TSimd.Odd(a, b);

    public static TVector ShiftUp(TVector previous, TVector current) => TSimd.ShiftUp(previous, current);

    public static TVector ShiftDown(TVector current, TVector next) => TSimd.ShiftDown(current, next);

    public static TVector And(TVector value, TVector mask) => TSimd.And(value, mask);

    public static TVector Broadcast(float value) => TSimd.Broadcast(value);

    public static TVector MultiplyAdd(TVector a, TVector b, TVector c)
    {
        LaneCounter.Add(Lanes);
        return TSimd.MultiplyAdd(a, b, c);
    }

    public static TVector Add(TVector a, TVector b) => TSimd.Add(a, b);

    public static TVector Multiply(TVector a, TVector b)
    {
        LaneCounter.Add(Lanes);
        return TSimd.Multiply(a, b);
    }

    public static TVector Max(TVector a, TVector b) => TSimd.Max(a, b);

    public static TVector Clamp(TVector value, TVector low, TVector high) => TSimd.Clamp(value, low, high);

    public static float Sum(TVector value) => TSimd.Sum(value);

    public static TVector PowerOfTwo(TVector exponent) => TSimd.PowerOfTwo(exponent);

    public static TVector Subtract(TVector a, TVector b) => TSimd.Subtract(a, b);

    public static TVector Divide(TVector a, TVector b) => TSimd.Divide(a, b);

    public static TVector SquareRoot(TVector value) => TSimd.SquareRoot(value);

    public static TVector Min(TVector a, TVector b) => TSimd.Min(a, b);

    public static TVector Floor(TVector value) => TSimd.Floor(value);

    public static TVector Ceiling(TVector value) => TSimd.Ceiling(value);

    public static TVector Round(TVector value) => TSimd.Round(value);

    public static TVector Or(TVector a, TVector b) => TSimd.Or(a, b);

    public static TVector Xor(TVector a, TVector b) => TSimd.Xor(a, b);

    public static TVector Less(TVector a, TVector b) => TSimd.Less(a, b);

    public static TVector LessOrEqual(TVector a, TVector b) => TSimd.LessOrEqual(a, b);

    public static TVector Equal(TVector a, TVector b) => TSimd.Equal(a, b);

    public static TVector Select(TVector mask, TVector a, TVector b) => TSimd.Select(mask, a, b);

    public static TVector ExponentOf(TVector value) => TSimd.ExponentOf(value);

    public static TVector LoadMask(byte* source) => TSimd.LoadMask(source);

    public static void StoreMask(byte* target, TVector mask) => TSimd.StoreMask(target, mask);
}
