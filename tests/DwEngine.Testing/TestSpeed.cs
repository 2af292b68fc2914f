using System.Runtime.Intrinsics;

namespace DwEngine.Testing;

/// <summary>How much work a test may do here.</summary>
internal static class TestSpeed
{
    /// <summary>Whether this process computes slowly: vectors in software, or an emulated CPU.</summary>
    public static bool IsSlow => !Vector256.IsHardwareAccelerated;
}
