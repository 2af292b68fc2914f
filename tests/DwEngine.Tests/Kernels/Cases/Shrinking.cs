using DwEngine.Kernels;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>Simpler numbers and windows, for the smallest case that still fails.</summary>
internal static class Shrinking
{
    /// <summary>Values between <paramref name="least"/> and <paramref name="value"/>, in halving steps.</summary>
    public static IEnumerable<int> Towards(int value, int least)
    {
        for (int step = value - least; step > 0; step /= 2)
        {
            yield return value - step;
        }
    }

    /// <summary>Windows with one thing less.</summary>
    public static IEnumerable<Window> Simpler(Window window) => new[]
    {
        window with { KernelHeight = Math.Max(1, window.KernelHeight - 1) },
        window with { KernelWidth = Math.Max(1, window.KernelWidth - 1) },
        window with { StrideY = 1 },
        window with { StrideX = 1 },
        window with { DilationY = 1 },
        window with { DilationX = 1 },
        window with { PadTop = 0 },
        window with { PadLeft = 0 },
        window with { PadBottom = 0 },
        window with { PadRight = 0 },
    }.Where(simpler => simpler != window);
}
