namespace DwEngine.Kernels.Reference;

/// <summary>The sum of two tensors of equal shape, naive.</summary>
internal static class AddReference
{
    /// <summary>Adds element by element.</summary>
    public static void Run(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Clamp epilogue, Span<float> output)
    {
        for (int i = 0; i < left.Length; i++)
        {
            output[i] = ClampReference.Apply(left[i] + right[i], epilogue);
        }
    }
}
