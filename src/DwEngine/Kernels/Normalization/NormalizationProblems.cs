namespace DwEngine.Kernels.Normalization;

/// <summary>What each normalised element is multiplied with, and whose summand is added.</summary>
internal enum ScaleForm
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A number for each channel: planes of an image are its channels.</summary>
    Channels,

    /// <summary>A number for each element of a plane.</summary>
    Elements,
}

/// <summary>
/// Groups of planes, less their mean and over their standard deviation, then scaled and shifted. The plane of the scales follows the input
/// planes, then that of the shifts.
/// </summary>
/// <param name="Groups">Groups; the planes of each follow one another.</param>
/// <param name="GroupPlanes">Planes of a group; 1 where each element has a scale.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
/// <param name="Form">What the scales and shifts are of.</param>
/// <param name="Channels">Planes of an image.</param>
/// <param name="HasShift">Whether there are shifts; there are none without scales.</param>
/// <param name="Epsilon">What is added to the variance.</param>
internal sealed record NormalizationProblem(
    int Groups, int GroupPlanes, int PlaneLength, ScaleForm Form, int Channels, bool HasShift, double Epsilon)
{
    /// <summary>The number of scales.</summary>
    public int Scales => Form switch { ScaleForm.None => 0, ScaleForm.Channels => Channels, _ => PlaneLength };
}

/// <summary>
/// Each element over (bias + alpha / size * the sum of the squares of the elements at its place in so many neighbouring channels) to the
/// power of beta.
/// </summary>
/// <param name="Batch">Images.</param>
/// <param name="Channels">Channels.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
/// <param name="Size">Channels that count; the channel itself is in their middle, or before it.</param>
/// <param name="Alpha">alpha.</param>
/// <param name="Beta">beta.</param>
/// <param name="Bias">bias.</param>
internal sealed record LocalResponseProblem(int Batch, int Channels, int PlaneLength, int Size, float Alpha, float Beta, float Bias)
{
    /// <summary>The first channel that counts for a channel, and the one behind the last.</summary>
    public (int First, int End) Neighbours(int channel) =>
        (Math.Max(0, channel - ((Size - 1) / 2)), (int)Math.Min(Channels, channel + (long)(Size / 2) + 1));
}
