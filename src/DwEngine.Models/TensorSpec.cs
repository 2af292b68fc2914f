using DwEngine.Tensors;

namespace DwEngine.Models;

/// <summary>A tensor that an architecture expects.</summary>
/// <param name="Name">Its name in the state dict.</param>
/// <param name="Shape">Its shape.</param>
public readonly record struct TensorSpec(string Name, Shape Shape);

/// <summary>A tensor that an architecture expects, as far as it is known.</summary>
/// <param name="Name">Its name in the state dict.</param>
/// <param name="Dimensions">Its dimensions; a negative one is not known, because the tensor that would tell it is missing.</param>
/// <param name="IsVariance">Whether its values must not be negative.</param>
/// <param name="Alternative">Another shape that would do, for the message; null if none would.</param>
internal sealed record TensorPattern(string Name, int[] Dimensions, bool IsVariance = false, string? Alternative = null)
{
    /// <summary>Whether a shape fits all dimensions that are known.</summary>
    public bool Fits(Shape shape)
    {
        bool fits = shape.Rank == Dimensions.Length;
        for (int i = 0; fits && i < Dimensions.Length; i++)
        {
            fits = Dimensions[i] < 0 || Dimensions[i] == shape[i];
        }

        return fits;
    }

    /// <summary>The shapes that fit, for a message.</summary>
    public string Expected =>
        string.Join('x', Dimensions.Select(dimension => dimension < 0 ? "?" : $"{dimension}"))
        + (Alternative is null ? "" : $" or {Alternative}");
}
