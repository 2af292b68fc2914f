namespace DwEngine.Kernels;

/// <summary>
/// The epilogue of a kernel: each result becomes min(max(result, Low), High), and NaN stays NaN. It stands for no activation
/// (minus to plus infinity), ReLU (0 to plus infinity) and ReLU6 (0 to 6).
/// </summary>
/// <param name="Low">The smallest result.</param>
/// <param name="High">The largest result.</param>
public readonly record struct Clamp(float Low, float High)
{
    /// <summary>No limit.</summary>
    public static Clamp None { get; } = new(float.NegativeInfinity, float.PositiveInfinity);

    /// <summary>The limits of ReLU.</summary>
    public static Clamp Relu { get; } = new(0, float.PositiveInfinity);

    /// <summary>The limits of ReLU6.</summary>
    public static Clamp Relu6 { get; } = new(0, 6);
}
