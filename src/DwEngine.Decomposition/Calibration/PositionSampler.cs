namespace DwEngine.Decomposition.Calibration;

/// <summary>
/// Chooses output positions. The choice depends on the seed, the layer and the image alone, so that it is the same for any number of
/// threads, for both networks and for images that are gathered in parts.
/// </summary>
internal static class PositionSampler
{
    /// <summary>
    /// Fills <paramref name="chosen"/> with different positions below <paramref name="total"/>, ascending, all sets equally likely.
    /// </summary>
    public static void Choose(ulong seed, string layer, long image, int total, Span<int> chosen)
    {
        ulong state = Mix(Mix(seed ^ Hash(layer)) + (ulong)image);
        int taken = 0;
        for (int position = 0; taken < chosen.Length; position++)
        {
            // Selection sampling (Knuth, TAOCP 2, 3.4.2 S): taken with the share that is still wanted of those that are left.
            state += 0x9E3779B97F4A7C15;
            ulong left = (ulong)(total - position);
            if (Math.BigMul(Mix(state), left, out _) < (ulong)(chosen.Length - taken))
            {
                chosen[taken++] = position;
            }
        }
    }

    // The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    // FNV-1a over UTF-16, because string.GetHashCode differs from run to run.
    private static ulong Hash(string text)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char letter in text)
        {
            hash = (hash ^ letter) * 0x100000001B3;
        }

        return hash;
    }
}
