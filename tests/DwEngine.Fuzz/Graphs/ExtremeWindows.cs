using DwEngine.Kernels;

namespace DwEngine.Fuzz.Graphs;

/// <summary>
/// Windows at the edges: huge strides, dilations and padding, kernels that are larger than the image, and all of these on one side only.
/// </summary>
internal static class ExtremeWindows
{
    /// <summary>A window whose output on an image of that size is not empty; the naive reference may need many taps for it.</summary>
    public static Window Make(Random random, int height, int width)
    {
        Axis y = MakeAxis(random, height), x = MakeAxis(random, width);
        return new Window(y.Kernel, x.Kernel, y.Stride, x.Stride, y.Before, x.Before, y.After, x.After, y.Dilation, x.Dilation);
    }

    private static Axis MakeAxis(Random random, int length)
    {
        while (true)
        {
            int kernel = random.Next(12) switch
            {
                0 => 1 + random.Next(2 * length),
                1 => 1 << random.Next(16),
                2 => 1 + random.Next(300),
                _ => 1 + random.Next(5),
            };
            int stride = Number(random), dilation = Number(random);
            long outputs = random.Next(6) == 0 ? 1 + random.Next(3 * length) : 1 + random.Next(4);
            // The padding that gives so many outputs, and a remainder that the stride leaves out.
            long padding = ((outputs - 1) * stride) + ((kernel - 1L) * dilation) + 1 - length;
            padding += random.Next(3) == 0 ? random.NextInt64(stride) : 0;
            padding = Math.Max(0, padding);
            long before = random.Next(4) switch { 0 => 0, 1 => padding, 2 => padding / 2, _ => random.NextInt64(padding + 1) };
            if (before <= int.MaxValue && padding - before <= int.MaxValue)
            {
                return new Axis(kernel, stride, dilation, (int)before, (int)(padding - before));
            }
        }
    }

    // Small more often than large, and the ends of the range.
    private static int Number(Random random) => random.Next(10) switch
    {
        0 => (1 << random.Next(31)) - random.Next(2) is var power && power > 0 ? power : 1,
        1 => int.MaxValue - random.Next(3),
        2 => 1 + random.Next(100),
        _ => 1 + random.Next(3),
    };

    private readonly record struct Axis(int Kernel, int Stride, int Dilation, int Before, int After);
}
