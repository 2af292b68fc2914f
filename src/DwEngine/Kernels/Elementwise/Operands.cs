using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise;

/// <summary>Where a kernel gets a vector of an operand from.</summary>
internal interface IOperand<TVector>
    where TVector : struct
{
    /// <summary>The vector that begins with an element.</summary>
    TVector At(int element);

    /// <summary>The same; of its lanes only the first <paramref name="count"/> are elements.</summary>
    TVector At(int element, int count);
}

/// <summary>An operand of as many elements as the result.</summary>
internal readonly unsafe struct WholeOperand<TVector>(float* elements) : IOperand<TVector>
    where TVector : struct, IVector<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector At(int element) => TVector.Load(elements + element);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector At(int element, int count) => TVector.LoadPartial(elements + element, count);
}

/// <summary>One element that counts for all.</summary>
internal readonly unsafe struct RepeatedOperand<TVector>(float* element) : IOperand<TVector>
    where TVector : struct, IVector<TVector>
{
    private readonly TVector _all = TVector.Broadcast(*element);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector At(int element) => _all;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector At(int element, int count) => _all;
}

/// <summary>One or the other, as is known only when it is read.</summary>
internal readonly unsafe struct AnyOperand<TVector>(float* elements, bool repeats) : IOperand<TVector>
    where TVector : struct, IVector<TVector>
{
    private readonly TVector _all = TVector.Broadcast(*elements);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector At(int element) => repeats ? _all : TVector.Load(elements + element);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector At(int element, int count) => repeats ? _all : TVector.LoadPartial(elements + element, count);
}
