using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Decomposition.Tests;

internal static class TensorAssertion
{
    /// <summary>The elements differ by at most <paramref name="relative"/> times the largest magnitude of the expected tensor.</summary>
    public static void Close(Tensor expected, Tensor actual, double relative)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < expected.Floats.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(expected.Floats[i]));
            difference = Math.Max(difference, Math.Abs(expected.Floats[i] - (double)actual.Floats[i]));
        }

        Assert.True(difference <= relative * largest, $"The largest difference is {difference:E2} at magnitudes up to {largest:E2}.");
    }
}
