namespace DwEngine.Simd;

/// <summary>
/// The vocabulary in which kernels are written. A kernel takes an implementation as a struct type parameter, so the JIT and
/// Native AOT compile one body for each instruction set. None of the operations checks bounds.
/// </summary>
/// <typeparam name="TVector">A vector of <see cref="Lanes"/> floats.</typeparam>
internal unsafe interface ISimd<TVector> where TVector : struct
{
    /// <summary>The instruction set that this vocabulary compiles to.</summary>
    static abstract Isa Isa { get; }

    /// <summary>Floats in one vector.</summary>
    static abstract int Lanes { get; }

    /// <summary>Reads <see cref="Lanes"/> floats; no alignment needed.</summary>
    static abstract TVector Load(float* source);

    /// <summary>Writes <see cref="Lanes"/> floats; no alignment needed.</summary>
    static abstract void Store(float* target, TVector value);

    /// <summary>Reads the first <paramref name="count"/> floats and nothing beyond them; the other lanes are 0.</summary>
    static abstract TVector LoadPartial(float* source, int count);

    /// <summary>Writes the first <paramref name="count"/> lanes and nothing beyond them.</summary>
    static abstract void StorePartial(float* target, TVector value, int count);

    /// <summary>Reads every second float, beginning with the first; touches 2 * <see cref="Lanes"/> floats.</summary>
    static abstract TVector LoadEven(float* source);

    /// <summary>All lanes equal to <paramref name="value"/>.</summary>
    static abstract TVector Broadcast(float value);

    /// <summary>a * b + c: rounded once where the instruction set has a fused instruction (all but <see cref="Isa.Portable"/>).</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>a + b.</summary>
    static abstract TVector Add(TVector a, TVector b);

    /// <summary>a * b.</summary>
    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>The larger of each pair; NaN if one of them is NaN.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>min(max(value, low), high); NaN stays NaN. The bounds must not be NaN.</summary>
    static abstract TVector Clamp(TVector value, TVector low, TVector high);

    /// <summary>The sum of all lanes, in an order that depends on the instruction set alone.</summary>
    static abstract float Sum(TVector value);
}
