namespace DwEngine.Kernels;

/// <summary>
/// A clamp: each result becomes min(max(result, Low), High), and NaN stays NaN. It stands for no activation
/// (minus to plus infinity), ReLU (0 to plus infinity) and ReLU6 (0 to 6).
/// </summary>
/// <param name="Low">The smallest result.</param>
/// <param name="High">The largest result; -0 counts as +0.</param>
public readonly record struct Clamp(float Low, float High)
{
    /// <summary>The largest result.</summary>
    public float High { get; init => field = PositiveZero(value); } = PositiveZero(High);

    /// <summary>No limit.</summary>
    public static Clamp None { get; } = new(float.NegativeInfinity, float.PositiveInfinity);

    /// <summary>The limits of ReLU.</summary>
    public static Clamp Relu { get; } = new(0, float.PositiveInfinity);

    /// <summary>The limits of ReLU6.</summary>
    public static Clamp Relu6 { get; } = new(0, 6);

    /// <summary>The one clamp that equals this and then another.</summary>
    public Clamp Then(Clamp next) => new(
        MathF.Min(MathF.Max(Low, next.Low), next.High),
        MathF.Min(MathF.Max(High, next.Low), next.High));

    // What an instruction set makes of a result of +0 and a bound of -0 is its own affair, so there is no such bound.
    private static float PositiveZero(float value) => value == 0 ? 0 : value;
}
