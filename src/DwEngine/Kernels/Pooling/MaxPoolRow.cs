using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Pooling;

/// <summary>
/// One output row of max pooling with a 3x3 window, stride 2 and padding 1: three rows become one, of which even and odd columns are then
/// compared.
/// </summary>
internal static unsafe class MaxPoolRow<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>Computes the row. A row of padding changes nothing, so <paramref name="centre"/> stands in for it.</summary>
    /// <param name="above">The input row above the centre.</param>
    /// <param name="centre">The input row at twice the output row.</param>
    /// <param name="below">The input row below the centre.</param>
    /// <param name="inputs">Columns of the input, W.</param>
    /// <param name="output">Receives ceil(W / 2) floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* above, float* centre, float* below, int inputs, float* output)
    {
        int lanes = TVector.Lanes, width = (inputs + 1) / 2;
        TVector oddBefore = TVector.Broadcast(float.NegativeInfinity);
        for (int x = 0; x < width; x += lanes)
        {
            int column = 2 * x, rest = inputs - column;
            TVector low, high;
            if (rest >= lanes)
            {
                low = TVector.Max(TVector.Max(TVector.Load(above + column), TVector.Load(centre + column)), TVector.Load(below + column));
            }
            else
            {
                low = TVector.Max(
                    TVector.Max(TVector.LoadPartial(above + column, rest), TVector.LoadPartial(centre + column, rest)),
                    TVector.LoadPartial(below + column, rest));
            }

            column += lanes;
            rest -= lanes;
            if (rest >= lanes)
            {
                high = TVector.Max(TVector.Max(TVector.Load(above + column), TVector.Load(centre + column)), TVector.Load(below + column));
            }
            else if (rest > 0)
            {
                high = TVector.Max(
                    TVector.Max(TVector.LoadPartial(above + column, rest), TVector.LoadPartial(centre + column, rest)),
                    TVector.LoadPartial(below + column, rest));
            }
            else
            {
                high = low;
            }

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

        // The last window of an odd width sees padding on the right, where the vectors above have zeros.
        if (inputs % 2 == 1)
        {
            int last = inputs - 1;
            float largest = MathF.Max(MathF.Max(above[last], centre[last]), below[last]);
            if (last > 0)
            {
                largest = MathF.Max(largest, MathF.Max(MathF.Max(above[last - 1], centre[last - 1]), below[last - 1]));
            }

            output[width - 1] = largest;
        }
    }
}
