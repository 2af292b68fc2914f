namespace DwEngine.Compare;

/// <summary>Parts of the comparison that can be left out.</summary>
internal enum Part
{
    /// <summary>Starting and loading.</summary>
    Starts,

    /// <summary>Sessions that nobody runs.</summary>
    Idle,

    /// <summary>Runs of this engine alone.</summary>
    Tails,

    /// <summary>Runs at the rate of a camera.</summary>
    Paced,

    /// <summary>Runs of both engines in turns, as fast as they go.</summary>
    Speed,
}
