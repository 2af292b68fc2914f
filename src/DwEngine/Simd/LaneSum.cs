using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using Vector = System.Runtime.Intrinsics.Vector128<float>;

namespace DwEngine.Simd;

/// <summary>The end of every reduction: four lanes become one float.</summary>
internal static class LaneSum
{
    /// <summary>(0 + 1) + (2 + 3).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Of(Vector value)
    {
        if (AdvSimd.Arm64.IsSupported)
        {
            Vector pairs = AdvSimd.Arm64.AddPairwise(value, value);
            return AdvSimd.Arm64.AddPairwiseScalar(pairs.GetLower()).ToScalar();
        }

        Vector sums = value + Vector128.Shuffle(value, Vector128.Create(1, 0, 3, 2));
        return sums.ToScalar() + sums.GetElement(2);
    }
}
