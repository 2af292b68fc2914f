using System.Collections.Immutable;
using DwEngine.Models;
using DwEngine.Tensors;

namespace DwEngine.Testing;

/// <summary>Random weights for ShuffleNet V2 networks that are small enough for the naive references.</summary>
internal static class ShuffleNetV2Weights
{
    /// <summary>A network of a few channels.</summary>
    public static ShuffleNetV2Dimensions Tiny(StemKind stem, params ReadOnlySpan<string> expanded) => new()
    {
        Channels = [4, 8, 12, 16, 20],
        StageRepeats = [2, 3, 1],
        Classes = 5,
        Stem = stem,
        Modified = expanded.ToArray().ToImmutableSortedDictionary(
            name => name, _ => new SpatialConvolution(true, 1), StringComparer.Ordinal),
    };

    /// <summary>Tensors of the expected names and shapes.</summary>
    public static StateDict Random(ShuffleNetV2Dimensions architecture, int seed = 1)
    {
        var random = new Random(seed);
        var tensors = new StateDict();
        foreach (TensorSpec spec in architecture.ExpectedTensors())
        {
            bool isVariance = spec.Name.EndsWith("running_var", StringComparison.Ordinal);
            tensors.Add(spec.Name, TestTensors.Random(random, spec.Shape, isVariance ? 0.5f : -0.7f, isVariance ? 1.5f : 0.7f));
            if (isVariance)
            {
                tensors.Add(
                    spec.Name.Replace("running_var", "num_batches_tracked", StringComparison.Ordinal),
                    Tensor.FromBytes(ElementType.Int64, new Shape(), new byte[8]));
            }
        }

        return tensors;
    }

    /// <summary>The same tensors, where some may be replaced, or left out by null.</summary>
    public static StateDict With(this StateDict tensors, Func<string, Tensor, Tensor?> replace)
    {
        var result = new StateDict();
        foreach ((string name, Tensor tensor) in tensors)
        {
            if (replace(name, tensor) is { } replacement)
            {
                result.Add(name, replacement);
            }
        }

        return result;
    }
}
