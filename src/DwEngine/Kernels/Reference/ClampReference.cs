namespace DwEngine.Kernels.Reference;

/// <summary>The clamp that is every fused activation, naive.</summary>
internal static class ClampReference
{
    /// <summary>Clamps every element of <paramref name="input"/> into <paramref name="output"/>.</summary>
    public static void Run(ReadOnlySpan<float> input, Clamp clamp, Span<float> output)
    {
        for (int i = 0; i < input.Length; i++)
        {
            output[i] = Apply(input[i], clamp);
        }
    }

    /// <summary>One clamped value; NaN stays NaN, which both functions guarantee.</summary>
    public static float Apply(float value, Clamp clamp) => MathF.Min(MathF.Max(value, clamp.Low), clamp.High);
}
