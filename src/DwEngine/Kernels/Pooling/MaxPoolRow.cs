using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Pooling;

/// <summary>
/// One output row of max pooling with a 3x3 window, stride 2 and at most one row or column of padding on each side: three rows become one,
/// of which even and odd columns are then compared.
/// </summary>
internal static unsafe class MaxPoolRow<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>Computes the row. A row of padding changes nothing, so <paramref name="centre"/> stands in for it.</summary>
    /// <param name="above">The input row above the centre.</param>
    /// <param name="centre">The input row in the middle of the windows.</param>
    /// <param name="below">The input row below the centre.</param>
    /// <param name="inputs">Columns of the input; each window has its middle on one of them.</param>
    /// <param name="padLeft">Columns of padding left of the input, 0 or 1.</param>
    /// <param name="output">Receives the row.</param>
    /// <param name="width">Columns of the output.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run(float* above, float* centre, float* below, int inputs, int padLeft, float* output, int width)
    {
        // Count from the middle of the first window: the columns before the middles are then the odd ones, one place on.
        float before = float.NegativeInfinity;
        if (padLeft == 0)
        {
            before = MathF.Max(MathF.Max(*above++, *centre++), *below++);
            inputs--;
        }

        int lanes = TVector.Lanes;
        TVector oddBefore = TVector.Broadcast(before);
        for (int x = 0; x < width; x += lanes)
        {
            int column = 2 * x, rest = inputs - column;
            TVector low = Largest(above + column, centre + column, below + column, rest);
            int next = column + lanes;
            TVector high = rest > lanes ? Largest(above + next, centre + next, below + next, rest - lanes) : low;
            TVector odd = TVector.Odd(low, high);
            TVector largest = TVector.Max(TVector.Max(TVector.Even(low, high), odd), TVector.ShiftUp(oddBefore, odd));
            oddBefore = odd;
            if (width - x >= lanes)
            {
                TVector.Store(output + x, largest);
            }
            else
            {
                TVector.StorePartial(output + x, largest, width - x);
            }
        }

        // A last window whose right column is padding, where the vectors above have zeros.
        int last = 2 * (width - 1);
        if (last == inputs - 1)
        {
            float largest = MathF.Max(MathF.Max(above[last], centre[last]), below[last]);
            output[width - 1] = MathF.Max(
                largest, last > 0 ? MathF.Max(MathF.Max(above[last - 1], centre[last - 1]), below[last - 1]) : before);
        }
    }

    // The largest of each column, of those that exist.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Largest(float* above, float* centre, float* below, int count) => count >= TVector.Lanes
        ? TVector.Max(TVector.Max(TVector.Load(above), TVector.Load(centre)), TVector.Load(below))
        : TVector.Max(
            TVector.Max(TVector.LoadPartial(above, count), TVector.LoadPartial(centre, count)), TVector.LoadPartial(below, count));
}
