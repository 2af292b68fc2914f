using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Vector = System.Runtime.Intrinsics.Vector128<float>;

namespace DwEngine.Simd;

/// <summary>The vocabulary in .NET's portable 128-bit vectors, for CPUs that have none of the others.</summary>
internal readonly unsafe struct PortableSimd : ISimd<Vector>
{
    public static Isa Isa => Isa.Portable;

    public static int Lanes => 4;

    public static int Registers => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector LoadBytes(byte* source) => Vector128.Create((float)source[0], source[1], source[2], source[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector value) => Vector128.Store(value, target);

    // There is no such instruction to be had; the hardware's own prefetching has to do.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* source)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector LoadPartial(float* source, int count) => PartialVector.Load(source, 0, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(float* target, Vector value, int count) => PartialVector.Store(target, value, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector LoadRange(float* source, int begin, int end) => PartialVector.Load(source, begin, end);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Even(Vector a, Vector b) => Vector128.Create(a[0], a[2], b[0], b[2]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Odd(Vector a, Vector b) => Vector128.Create(a[1], a[3], b[1], b[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector ShiftUp(Vector previous, Vector current) =>
        Vector128.Create(previous[3], current[0], current[1], current[2]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector ShiftDown(Vector current, Vector next) =>
        Vector128.Create(current[1], current[2], current[3], next[0]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector And(Vector value, Vector mask) => value & mask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector MultiplyAdd(Vector a, Vector b, Vector c) =>
        Fused.IsUsed ? Vector128.FusedMultiplyAdd(a, b, c) : (a * b) + c;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Add(Vector a, Vector b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Multiply(Vector a, Vector b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Max(Vector a, Vector b) => Vector128.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Clamp(Vector value, Vector low, Vector high)
    {
        Vector raised = Vector128.ConditionalSelect(Vector128.LessThan(value, low), low, value);
        return Vector128.ConditionalSelect(Vector128.GreaterThan(raised, high), high, raised);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector value) => LaneSum.Of(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector PowerOfTwo(Vector exponent) =>
        Vector128.ShiftLeft((exponent + Vector128.Create(FloatBits.ExponentOffset)).AsInt32(), FloatBits.FractionBits).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Subtract(Vector a, Vector b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Divide(Vector a, Vector b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector SquareRoot(Vector value) => Vector128.Sqrt(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Min(Vector a, Vector b) => Vector128.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Floor(Vector value) => Vector128.Floor(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Ceiling(Vector value) => Vector128.Ceiling(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Round(Vector value) => Vector128.Round(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Or(Vector a, Vector b) => a | b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Xor(Vector a, Vector b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Less(Vector a, Vector b) => Vector128.LessThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector LessOrEqual(Vector a, Vector b) => Vector128.LessThanOrEqual(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Equal(Vector a, Vector b) => Vector128.Equals(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Select(Vector mask, Vector a, Vector b) => Vector128.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector ExponentOf(Vector value) =>
        (Vector128.ShiftRightLogical(value.AsInt32(), FloatBits.FractionBits) | Vector128.Create(FloatBits.WholeNumberBits)).AsSingle()
        - Vector128.Create(FloatBits.ExponentBias);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector LoadMask(byte* source) => PartialVector.LoadMask(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMask(byte* target, Vector mask) => PartialVector.StoreMask(target, mask);
}

/// <summary>Partial 128-bit loads and stores, and masks as bytes, for instruction sets without instructions for them.</summary>
internal static unsafe class PartialVector
{
    public static Vector Load(float* source, int begin, int end)
    {
        Vector value = Vector.Zero;
        float* lanes = (float*)&value;
        for (int i = Math.Max(begin, 0); i < Math.Min(end, 4); i++)
        {
            lanes[i] = source[i];
        }

        return value;
    }

    public static void Store(float* target, Vector value, int count)
    {
        float* lanes = (float*)&value;
        for (int i = 0; i < Math.Min(count, 4); i++)
        {
            target[i] = lanes[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector LoadMask(byte* source)
    {
        Vector128<byte> bytes = Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(source)).AsByte();
        return ~Vector128.Equals(Vector128.WidenLower(Vector128.WidenLower(bytes)), Vector128<uint>.Zero).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMask(byte* target, Vector mask)
    {
        Vector128<ushort> pairs = Vector128.Narrow(mask.AsUInt32(), mask.AsUInt32());
        Vector128<byte> bytes = Vector128.Narrow(pairs, pairs) & Vector128.Create((byte)1);
        Unsafe.WriteUnaligned(target, bytes.AsUInt32().ToScalar());
    }
}
