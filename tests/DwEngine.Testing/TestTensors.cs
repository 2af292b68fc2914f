using DwEngine.Tensors;

namespace DwEngine.Testing;

/// <summary>Small tensors for tests of layers and graphs.</summary>
internal static class TestTensors
{
    /// <summary>A tensor of the given values.</summary>
    public static Tensor Of(Shape shape, params ReadOnlySpan<float> values) => Tensor.FromFloats(shape, values);

    /// <summary>0, 1, 2 and so on.</summary>
    public static Tensor Counting(Shape shape) =>
        Tensor.FromFloats(shape, [.. Enumerable.Range(0, (int)shape.ElementCount).Select(i => (float)i)]);

    /// <summary>Uniform values between <paramref name="low"/> and <paramref name="high"/>.</summary>
    public static Tensor Random(Random random, Shape shape, float low = -1, float high = 1)
    {
        float[] values = new float[shape.ElementCount];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = low + ((high - low) * random.NextSingle());
        }

        return Tensor.FromFloats(shape, values);
    }

    /// <summary>The largest absolute difference, in units of the largest expected magnitude or 1 if that is more.</summary>
    public static double Difference(Tensor expected, Tensor actual)
    {
        double scale = 1, difference = 0;
        for (int i = 0; i < expected.Floats.Length; i++)
        {
            scale = Math.Max(scale, Math.Abs(expected.Floats[i]));
            difference = Math.Max(difference, Math.Abs((double)expected.Floats[i] - actual.Floats[i]));
        }

        return difference / scale;
    }
}
