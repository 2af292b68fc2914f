using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>The vocabulary for one float at a time: what is written in vectors computes a single number with it, to the same bit.</summary>
internal unsafe struct ScalarVector : IVector<ScalarVector>
{
    private ScalarVector(float value) => Value = value;

    /// <summary>The number.</summary>
    public float Value { get; private set; }

    public static Isa Isa => Isa.Portable;

    public static int Lanes => 1;

    public static int Registers => 16;

    public static ScalarVector Load(float* source) => new(*source);

    public static ScalarVector LoadBytes(byte* source) => new(*source);

    public static ScalarVector LoadHalves(ushort* source, ScalarVector factor) =>
        new(BitConverter.Int32BitsToSingle(((*source << 16) >> FloatBits.HalfShift) & FloatBits.HalfBits) * factor.Value);

    public static void Store(float* target, ScalarVector value) => *target = value.Value;

    public static void Prefetch(float* source)
    {
    }

    public static ScalarVector LoadPartial(float* source, int count) => LoadRange(source, 0, count);

    public static void StorePartial(float* target, ScalarVector value, int count)
    {
        if (count > 0)
        {
            *target = value.Value;
        }
    }

    public static ScalarVector LoadRange(float* source, int begin, int end) => new(begin <= 0 && end > 0 ? *source : 0);

    public static ScalarVector Even(ScalarVector a, ScalarVector b) => new(a.Value);

    public static ScalarVector Odd(ScalarVector a, ScalarVector b) => new(b.Value);

    public static ScalarVector InterleaveLower(ScalarVector a, ScalarVector b) => new(a.Value);

    public static ScalarVector InterleaveUpper(ScalarVector a, ScalarVector b) => new(b.Value);

    public static ScalarVector ShiftUp(ScalarVector previous, ScalarVector current) => new(previous.Value);

    public static ScalarVector ShiftDown(ScalarVector current, ScalarVector next) => new(next.Value);

    public static ScalarVector And(ScalarVector value, ScalarVector mask) => new(OfBits(Bits(value.Value) & Bits(mask.Value)));

    public static ScalarVector Broadcast(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarVector MultiplyAdd(ScalarVector a, ScalarVector b, ScalarVector c) =>
        new(Fused.IsUsed ? MathF.FusedMultiplyAdd(a.Value, b.Value, c.Value) : (a.Value * b.Value) + c.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref ScalarVector sum, ScalarVector a, ScalarVector b) => sum = MultiplyAdd(a, b, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref ScalarVector sum, ScalarVector a, float* factor) => sum = MultiplyAdd(a, new(*factor), sum);

    public static ScalarVector Add(ScalarVector a, ScalarVector b) => new(a.Value + b.Value);

    public static ScalarVector Multiply(ScalarVector a, ScalarVector b) => new(a.Value * b.Value);

    public static ScalarVector Max(ScalarVector a, ScalarVector b) => new(MathF.Max(a.Value, b.Value));

    public static ScalarVector AtLeast(ScalarVector value, ScalarVector low) => value.Value < low.Value ? low : value;

    public static ScalarVector AtMost(ScalarVector value, ScalarVector high) => value.Value > high.Value ? high : value;

    public static ScalarVector Clamp(ScalarVector value, ScalarVector low, ScalarVector high) => AtMost(AtLeast(value, low), high);

    public static float Sum(ScalarVector value) => value.Value;

    public static ScalarVector PowerOfTwo(ScalarVector exponent) =>
        new(OfBits(Bits(exponent.Value + FloatBits.ExponentOffset) << FloatBits.FractionBits));

    public static ScalarVector Scale(ScalarVector value, ScalarVector exponent) => PowerFactors<ScalarVector>.Scale(value, exponent);

    public static ScalarVector Subtract(ScalarVector a, ScalarVector b) => new(a.Value - b.Value);

    public static ScalarVector Divide(ScalarVector a, ScalarVector b) => new(a.Value / b.Value);

    public static ScalarVector SquareRoot(ScalarVector value) => new(MathF.Sqrt(value.Value));

    public static ScalarVector Min(ScalarVector a, ScalarVector b) => new(MathF.Min(a.Value, b.Value));

    public static ScalarVector Floor(ScalarVector value) => new(MathF.Floor(value.Value));

    public static ScalarVector Ceiling(ScalarVector value) => new(MathF.Ceiling(value.Value));

    public static ScalarVector Round(ScalarVector value) => new(MathF.Round(value.Value));

    public static ScalarVector Or(ScalarVector a, ScalarVector b) => new(OfBits(Bits(a.Value) | Bits(b.Value)));

    public static ScalarVector Xor(ScalarVector a, ScalarVector b) => new(OfBits(Bits(a.Value) ^ Bits(b.Value)));

    public static ScalarVector Less(ScalarVector a, ScalarVector b) => new(Mask(a.Value < b.Value));

    public static ScalarVector LessOrEqual(ScalarVector a, ScalarVector b) => new(Mask(a.Value <= b.Value));

    public static ScalarVector Equal(ScalarVector a, ScalarVector b) => new(Mask(a.Value == b.Value));

    public static ScalarVector Select(ScalarVector mask, ScalarVector a, ScalarVector b) => new(Bits(mask.Value) != 0 ? a.Value : b.Value);

    public static ScalarVector ExponentOf(ScalarVector value) =>
        new(OfBits((Bits(value.Value) >>> FloatBits.FractionBits) | FloatBits.WholeNumberBits) - FloatBits.ExponentBias);

    public static ScalarVector LoadMask(byte* source) => new(Mask(*source != 0));

    public static void StoreMask(byte* target, ScalarVector mask) => *target = Bits(mask.Value) != 0 ? (byte)1 : (byte)0;

    private static int Bits(float value) => BitConverter.SingleToInt32Bits(value);

    private static float OfBits(int bits) => BitConverter.Int32BitsToSingle(bits);

    private static float Mask(bool isTrue) => OfBits(isTrue ? -1 : 0);
}
