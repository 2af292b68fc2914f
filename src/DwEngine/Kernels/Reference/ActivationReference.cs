namespace DwEngine.Kernels.Reference;

/// <summary>Activations that layers apply to their results, naive.</summary>
internal static class ActivationReference
{
    /// <summary>Applies an activation to every element of <paramref name="values"/>.</summary>
    public static void Run(Span<float> values, Activation activation)
    {
        foreach (ref float value in values)
        {
            value = Apply(value, activation);
        }
    }

    /// <summary>The activation of one number. A clamp leaves NaN as it is, which both functions guarantee.</summary>
    public static float Apply(float value, Activation activation) => activation.AsClamp is { } clamp
        ? MathF.Min(MathF.Max(value, clamp.Low), clamp.High)
        : (float)activation.Function!.Exact(value);
}
