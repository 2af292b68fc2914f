using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DwEngine.Simd;

namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>The words that a tile of a matrix product needs.</summary>
internal interface IDoubleVector<TSelf>
    where TSelf : struct, IDoubleVector<TSelf>
{
    /// <summary>Numbers in a vector.</summary>
    static abstract int Lanes { get; }

    /// <summary>The vector that begins so many vectors behind a place.</summary>
    static abstract TSelf Load(ref double start, int vector);

    /// <summary>One number in all lanes.</summary>
    static abstract TSelf Broadcast(double value);

    /// <summary>a * b + c, with the bits of <see cref="Fused.MultiplyAdd(double, double, double)"/>.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>Writes a vector so many vectors behind a place.</summary>
    static abstract void Store(ref double start, int vector, TSelf value);
}

/// <summary>The base library's vectors, of 256 bits at most.</summary>
internal readonly struct PlainDoubles : IDoubleVector<PlainDoubles>
{
    private readonly Vector<double> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private PlainDoubles(Vector<double> lanes) => _lanes = lanes;

    public static int Lanes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector<double>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlainDoubles Load(ref double start, int vector) => new(Vector.LoadUnsafe(ref start, (nuint)(vector * Lanes)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlainDoubles Broadcast(double value) => new(new Vector<double>(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PlainDoubles MultiplyAdd(PlainDoubles a, PlainDoubles b, PlainDoubles c) =>
        new(Fused.MultiplyAdd(a._lanes, b._lanes, c._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ref double start, int vector, PlainDoubles value) =>
        value._lanes.StoreUnsafe(ref start, (nuint)(vector * Lanes));
}

/// <summary>Vectors of 512 bits, where the hardware has them and, with them, the fused multiply-add.</summary>
internal readonly struct WideDoubles : IDoubleVector<WideDoubles>
{
    private readonly Vector512<double> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private WideDoubles(Vector512<double> lanes) => _lanes = lanes;

    /// <summary>Whether they are longer than the base library's, and no slower.</summary>
    public static bool ArePreferred
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.IsHardwareAccelerated && Vector<double>.Count < Vector512<double>.Count;
    }

    public static int Lanes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512<double>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideDoubles Load(ref double start, int vector) => new(Vector512.LoadUnsafe(ref start, (nuint)(vector * Lanes)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideDoubles Broadcast(double value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideDoubles MultiplyAdd(WideDoubles a, WideDoubles b, WideDoubles c) =>
        new(Vector512.FusedMultiplyAdd(a._lanes, b._lanes, c._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ref double start, int vector, WideDoubles value) =>
        value._lanes.StoreUnsafe(ref start, (nuint)(vector * Lanes));
}
