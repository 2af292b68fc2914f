using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>1 / (1 + e^-x) of each lane: the same operations in every vocabulary, so the same bits.</summary>
internal static class LogisticFunction<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>
    /// The function itself, at most 3 units in the last place from the true value. With z = e^-|x|, 1 / (1 + z) where x is not negative,
    /// z / (1 + z) where it is: neither overflows.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of(TVector x)
    {
        TVector one = TVector.Broadcast(1);
        TVector z = Exponential<TVector>.Of(TVector.Or(x, TVector.Broadcast(FloatBits.Sign)));
        return TVector.Divide(TVector.Select(TVector.Less(x, TVector.Broadcast(0)), z, one), TVector.Add(one, z));
    }

    /// <summary>
    /// x times the function, at most 4 units in the last place from the true value, or 1e-36. Below -88 the power would overflow, and above
    /// 87 it changes nothing.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector TimesArgument(TVector x)
    {
        TVector raised = TVector.AtLeast(x, TVector.Broadcast(-88)), bounded = TVector.AtMost(raised, TVector.Broadcast(87));
        return TVector.Divide(raised, Exponential<TVector>.PlusOne(SignBits<TVector>.Flip(bounded)));
    }
}
