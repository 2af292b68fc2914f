using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>The vocabulary for one float at a time: what is written in vectors computes a single number with it, to the same bit.</summary>
internal readonly unsafe struct ScalarSimd : ISimd<float>
{
    public static Isa Isa => Isa.Portable;

    public static int Lanes => 1;

    public static int Registers => 16;

    public static float Load(float* source) => *source;

    public static float LoadBytes(byte* source) => *source;

    public static void Store(float* target, float value) => *target = value;

    public static void Prefetch(float* source)
    {
    }

    public static float LoadPartial(float* source, int count) => LoadRange(source, 0, count);

    public static void StorePartial(float* target, float value, int count)
    {
        if (count > 0)
        {
            *target = value;
        }
    }

    public static float LoadRange(float* source, int begin, int end) => begin <= 0 && end > 0 ? *source : 0;

    public static float Even(float a, float b) => a;

    public static float Odd(float a, float b) => b;

    public static float ShiftUp(float previous, float current) => previous;

    public static float ShiftDown(float current, float next) => next;

    public static float And(float value, float mask) => OfBits(Bits(value) & Bits(mask));

    public static float Broadcast(float value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAdd(float a, float b, float c) => Fused.IsUsed ? MathF.FusedMultiplyAdd(a, b, c) : (a * b) + c;

    public static float Add(float a, float b) => a + b;

    public static float Multiply(float a, float b) => a * b;

    public static float Max(float a, float b) => MathF.Max(a, b);

    public static float Clamp(float value, float low, float high)
    {
        float raised = value < low ? low : value;
        return raised > high ? high : raised;
    }

    public static float Sum(float value) => value;

    public static float PowerOfTwo(float exponent) => OfBits(Bits(exponent + FloatBits.ExponentOffset) << FloatBits.FractionBits);

    public static float Subtract(float a, float b) => a - b;

    public static float Divide(float a, float b) => a / b;

    public static float SquareRoot(float value) => MathF.Sqrt(value);

    public static float Min(float a, float b) => MathF.Min(a, b);

    public static float Floor(float value) => MathF.Floor(value);

    public static float Ceiling(float value) => MathF.Ceiling(value);

    public static float Round(float value) => MathF.Round(value);

    public static float Or(float a, float b) => OfBits(Bits(a) | Bits(b));

    public static float Xor(float a, float b) => OfBits(Bits(a) ^ Bits(b));

    public static float Less(float a, float b) => Mask(a < b);

    public static float LessOrEqual(float a, float b) => Mask(a <= b);

    public static float Equal(float a, float b) => Mask(a == b);

    public static float Select(float mask, float a, float b) => Bits(mask) != 0 ? a : b;

    public static float ExponentOf(float value) =>
        OfBits((Bits(value) >>> FloatBits.FractionBits) | FloatBits.WholeNumberBits) - FloatBits.ExponentBias;

    public static float LoadMask(byte* source) => Mask(*source != 0);

    public static void StoreMask(byte* target, float mask) => *target = Bits(mask) != 0 ? (byte)1 : (byte)0;

    private static int Bits(float value) => BitConverter.SingleToInt32Bits(value);

    private static float OfBits(int bits) => BitConverter.Int32BitsToSingle(bits);

    private static float Mask(bool isTrue) => OfBits(isTrue ? -1 : 0);
}
