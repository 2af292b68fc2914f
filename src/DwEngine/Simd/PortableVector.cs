using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DwEngine.Simd;

/// <summary>The vocabulary in .NET's portable 128-bit vectors, for CPUs that have none of the others.</summary>
internal unsafe struct PortableVector : IVector<PortableVector>
{
    private Vector128<float> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private PortableVector(Vector128<float> lanes) => _lanes = lanes;

    public static Isa Isa => Isa.Portable;

    public static int Lanes => 4;

    public static int Registers => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector LoadBytes(byte* source) => new(Vector128.Create((float)source[0], source[1], source[2], source[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector LoadHalves(ushort* source, PortableVector factor) => new(
        (((Vector128.Create((int)source[0], source[1], source[2], source[3]) << 16) >> FloatBits.HalfShift)
            & Vector128.Create(FloatBits.HalfBits)).AsSingle() * factor._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, PortableVector value) => Vector128.Store(value._lanes, target);

    // There is no such instruction to be had; the hardware's own prefetching has to do.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* source)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector LoadPartial(float* source, int count) => new(PartialVector.Load(source, 0, count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(float* target, PortableVector value, int count) => PartialVector.Store(target, value._lanes, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector LoadRange(float* source, int begin, int end) => new(PartialVector.Load(source, begin, end));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Even(PortableVector a, PortableVector b) =>
        new(Vector128.Create(a._lanes[0], a._lanes[2], b._lanes[0], b._lanes[2]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Odd(PortableVector a, PortableVector b) =>
        new(Vector128.Create(a._lanes[1], a._lanes[3], b._lanes[1], b._lanes[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector InterleaveLower(PortableVector a, PortableVector b) =>
        new(Vector128.Create(a._lanes[0], b._lanes[0], a._lanes[1], b._lanes[1]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector InterleaveUpper(PortableVector a, PortableVector b) =>
        new(Vector128.Create(a._lanes[2], b._lanes[2], a._lanes[3], b._lanes[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector ShiftUp(PortableVector previous, PortableVector current) =>
        new(Vector128.Create(previous._lanes[3], current._lanes[0], current._lanes[1], current._lanes[2]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector ShiftDown(PortableVector current, PortableVector next) =>
        new(Vector128.Create(current._lanes[1], current._lanes[2], current._lanes[3], next._lanes[0]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector And(PortableVector value, PortableVector mask) => new(value._lanes & mask._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Broadcast(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector MultiplyAdd(PortableVector a, PortableVector b, PortableVector c) =>
        new(Fused.IsUsed ? Vector128.FusedMultiplyAdd(a._lanes, b._lanes, c._lanes) : (a._lanes * b._lanes) + c._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref PortableVector sum, PortableVector a, PortableVector b) =>
        sum._lanes = Fused.IsUsed ? Vector128.FusedMultiplyAdd(a._lanes, b._lanes, sum._lanes) : (a._lanes * b._lanes) + sum._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref PortableVector sum, PortableVector a, float* factor) =>
        sum._lanes = Fused.IsUsed ? Vector128.FusedMultiplyAdd(a._lanes, Vector128.Create(*factor), sum._lanes)
            : (a._lanes * Vector128.Create(*factor)) + sum._lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Add(PortableVector a, PortableVector b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Multiply(PortableVector a, PortableVector b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Max(PortableVector a, PortableVector b) => new(Vector128.Max(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector AtLeast(PortableVector value, PortableVector low) =>
        new(Vector128.ConditionalSelect(Vector128.LessThan(value._lanes, low._lanes), low._lanes, value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector AtMost(PortableVector value, PortableVector high) =>
        new(Vector128.ConditionalSelect(Vector128.GreaterThan(value._lanes, high._lanes), high._lanes, value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Clamp(PortableVector value, PortableVector low, PortableVector high) =>
        AtMost(AtLeast(value, low), high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(PortableVector value) => LaneSum.Of(value._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector PowerOfTwo(PortableVector exponent) =>
        new(Vector128.ShiftLeft(
            (exponent._lanes + Vector128.Create(FloatBits.ExponentOffset)).AsInt32(), FloatBits.FractionBits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Scale(PortableVector value, PortableVector exponent) =>
        PowerFactors<PortableVector>.Scale(value, exponent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Subtract(PortableVector a, PortableVector b) => new(a._lanes - b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Divide(PortableVector a, PortableVector b) => new(a._lanes / b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector SquareRoot(PortableVector value) => new(Vector128.Sqrt(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Min(PortableVector a, PortableVector b) => new(Vector128.Min(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Floor(PortableVector value) => new(Vector128.Floor(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Ceiling(PortableVector value) => new(Vector128.Ceiling(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Round(PortableVector value) => new(Vector128.Round(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Or(PortableVector a, PortableVector b) => new(a._lanes | b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Xor(PortableVector a, PortableVector b) => new(a._lanes ^ b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Less(PortableVector a, PortableVector b) => new(Vector128.LessThan(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector LessOrEqual(PortableVector a, PortableVector b) => new(Vector128.LessThanOrEqual(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Equal(PortableVector a, PortableVector b) => new(Vector128.Equals(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector Select(PortableVector mask, PortableVector a, PortableVector b) =>
        new(Vector128.ConditionalSelect(mask._lanes, a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector ExponentOf(PortableVector value) =>
        new((Vector128.ShiftRightLogical(value._lanes.AsInt32(), FloatBits.FractionBits) | Vector128.Create(
            FloatBits.WholeNumberBits)).AsSingle()
        - Vector128.Create(FloatBits.ExponentBias));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PortableVector LoadMask(byte* source) => new(PartialVector.LoadMask(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMask(byte* target, PortableVector mask) => PartialVector.StoreMask(target, mask._lanes);
}

/// <summary>Partial 128-bit loads and stores, and masks as bytes, for instruction sets without instructions for them.</summary>
internal static unsafe class PartialVector
{
    public static Vector128<float> Load(float* source, int begin, int end)
    {
        Vector128<float> value = Vector128<float>.Zero;
        float* lanes = (float*)&value;
        for (int i = Math.Max(begin, 0); i < Math.Min(end, 4); i++)
        {
            lanes[i] = source[i];
        }

        return value;
    }

    public static void Store(float* target, Vector128<float> value, int count)
    {
        float* lanes = (float*)&value;
        for (int i = 0; i < Math.Min(count, 4); i++)
        {
            target[i] = lanes[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadMask(byte* source)
    {
        Vector128<byte> bytes = Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(source)).AsByte();
        return ~Vector128.Equals(Vector128.WidenLower(Vector128.WidenLower(bytes)), Vector128<uint>.Zero).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMask(byte* target, Vector128<float> mask)
    {
        Vector128<ushort> pairs = Vector128.Narrow(mask.AsUInt32(), mask.AsUInt32());
        Vector128<byte> bytes = Vector128.Narrow(pairs, pairs) & Vector128.Create((byte)1);
        Unsafe.WriteUnaligned(target, bytes.AsUInt32().ToScalar());
    }
}
