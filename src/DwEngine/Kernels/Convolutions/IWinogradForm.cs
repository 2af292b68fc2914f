using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// A form F(m, 3) of Winograd's convolution, the same in both directions: m outputs of a 3-tap filter from m + 2 inputs and as many
/// products. With the matrices of the field, outputs are <c>A'((G g G') * (B' d B))A</c> for a filter g and a tile d of inputs.
/// </summary>
internal unsafe interface IWinogradForm
{
    /// <summary>Outputs of a tile in one direction: m.</summary>
    static abstract int Outputs { get; }

    /// <summary>Multiply-adds of <see cref="TransformInput"/>; sums and products alone are none.</summary>
    static abstract int InputMultiplyAdds { get; }

    /// <summary>Multiply-adds of <see cref="TransformOutput"/> and of <see cref="FinishOutput"/>.</summary>
    static abstract int OutputMultiplyAdds { get; }

    /// <summary>G, which makes a filter's row of products from its three taps: row after row.</summary>
    static abstract ReadOnlySpan<double> Filter { get; }

    /// <summary>B', which makes m + 2 factors from as many inputs: row after row.</summary>
    static abstract ReadOnlySpan<double> Input { get; }

    /// <summary>A', which makes m outputs from m + 2 products: row after row. Its second column is all ones.</summary>
    static abstract ReadOnlySpan<double> Output { get; }

    /// <summary>Multiplies m + 2 vectors by B'.</summary>
    /// <param name="source">The first vector.</param>
    /// <param name="pitch">Floats from one vector to the next, the m-th excepted.</param>
    /// <param name="rest">The m-th vector, which the last one follows.</param>
    /// <param name="target">Where the first result goes.</param>
    /// <param name="targetPitch">Floats from one result to the next.</param>
    static abstract void TransformInput<TVector>(float* source, nint pitch, float* rest, float* target, nint targetPitch)
        where TVector : struct, IVector<TVector>;

    /// <summary>Multiplies m + 2 vectors by A'.</summary>
    static abstract void TransformOutput<TVector>(float* source, nint pitch, float* target, nint targetPitch)
        where TVector : struct, IVector<TVector>;

    /// <summary>The same, clamped, and with the m results in turns: the first lanes of all, then the second.</summary>
    static abstract void FinishOutput<TVector>(float* source, nint pitch, float* target, TVector low, TVector high)
        where TVector : struct, IVector<TVector>;

    /// <summary>
    /// Cuts a row that begins at <paramref name="source"/> into m + 2 streams, one number for each tile: stream j has those that lie j
    /// from the begin of each tile.
    /// </summary>
    /// <param name="source">Where the first tile begins.</param>
    /// <param name="begin">The first number that exists.</param>
    /// <param name="end">The number after the last that exists; all others are 0.</param>
    /// <param name="target">Where the first stream goes: a vector.</param>
    /// <param name="targetPitch">Floats from one stream to the next.</param>
    static abstract void Split<TVector>(float* source, int begin, int end, float* target, nint targetPitch)
        where TVector : struct, IVector<TVector>;
}

/// <summary>The vectors of a row of which a range exists.</summary>
internal static unsafe class WinogradRow<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>The vector of a number, with 0 for what lies outside of the range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load(float* row, int vector, int begin, int end)
    {
        int first = vector * TVector.Lanes;
        return TVector.LoadRange(row + first, begin - first, end - first);
    }
}

/// <summary>F(2, 3), of the points 0, 1, -1 and infinity: 16 products for 4 outputs.</summary>
internal readonly unsafe struct Winograd2 : IWinogradForm
{
    public static int Outputs => 2;

    public static int InputMultiplyAdds => 0;

    public static int OutputMultiplyAdds => 0;

    public static ReadOnlySpan<double> Filter => [1, 0, 0, 0.5, 0.5, 0.5, 0.5, -0.5, 0.5, 0, 0, 1];

    public static ReadOnlySpan<double> Input => [1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, 1, 0, -1];

    public static ReadOnlySpan<double> Output => [1, 1, 1, 0, 0, 1, -1, -1];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TransformInput<TVector>(float* source, nint pitch, float* rest, float* target, nint targetPitch)
        where TVector : struct, IVector<TVector>
    {
        TVector d0 = TVector.Load(source), d1 = TVector.Load(source + pitch);
        TVector d2 = TVector.Load(rest), d3 = TVector.Load(rest + pitch);
        TVector.Store(target, TVector.Subtract(d0, d2));
        TVector.Store(target + targetPitch, TVector.Add(d1, d2));
        TVector.Store(target + (2 * targetPitch), TVector.Subtract(d2, d1));
        TVector.Store(target + (3 * targetPitch), TVector.Subtract(d1, d3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TransformOutput<TVector>(float* source, nint pitch, float* target, nint targetPitch)
        where TVector : struct, IVector<TVector>
    {
        Outcome(source, pitch, out TVector y0, out TVector y1);
        TVector.Store(target, y0);
        TVector.Store(target + targetPitch, y1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FinishOutput<TVector>(float* source, nint pitch, float* target, TVector low, TVector high)
        where TVector : struct, IVector<TVector>
    {
        Outcome(source, pitch, out TVector y0, out TVector y1);
        y0 = TVector.Clamp(y0, low, high);
        y1 = TVector.Clamp(y1, low, high);
        TVector.Store(target, TVector.InterleaveLower(y0, y1));
        TVector.Store(target + TVector.Lanes, TVector.InterleaveUpper(y0, y1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Split<TVector>(float* source, int begin, int end, float* target, nint targetPitch)
        where TVector : struct, IVector<TVector>
    {
        TVector a = WinogradRow<TVector>.Load(source, 0, begin, end), b = WinogradRow<TVector>.Load(source, 1, begin, end);
        TVector next = WinogradRow<TVector>.Load(source, 2, begin, end);
        TVector p0 = TVector.Even(a, b), p1 = TVector.Odd(a, b);
        TVector.Store(target, p0);
        TVector.Store(target + targetPitch, p1);
        TVector.Store(target + (2 * targetPitch), TVector.ShiftDown(p0, next));
        TVector.Store(target + (3 * targetPitch), TVector.ShiftDown(p1, TVector.Odd(next, next)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Outcome<TVector>(float* source, nint pitch, out TVector y0, out TVector y1)
        where TVector : struct, IVector<TVector>
    {
        TVector m0 = TVector.Load(source), m1 = TVector.Load(source + pitch);
        TVector m2 = TVector.Load(source + (2 * pitch)), m3 = TVector.Load(source + (3 * pitch));
        y0 = TVector.Add(m0, TVector.Add(m1, m2));
        y1 = TVector.Subtract(TVector.Subtract(m1, m2), m3);
    }
}

/// <summary>F(4, 3), of the points 0, 1, -1, 2, -2 and infinity: 36 products for 16 outputs.</summary>
internal readonly unsafe struct Winograd4 : IWinogradForm
{
    public static int Outputs => 4;

    public static int InputMultiplyAdds => 6;

    public static int OutputMultiplyAdds => 3;

    public static ReadOnlySpan<double> Filter =>
    [
        1.0 / 4, 0, 0, -1.0 / 6, -1.0 / 6, -1.0 / 6, -1.0 / 6, 1.0 / 6, -1.0 / 6,
        1.0 / 24, 1.0 / 12, 1.0 / 6, 1.0 / 24, -1.0 / 12, 1.0 / 6, 0, 0, 1,
    ];

    public static ReadOnlySpan<double> Input =>
    [
        4, 0, -5, 0, 1, 0, 0, -4, -4, 1, 1, 0, 0, 4, -4, -1, 1, 0,
        0, -2, -1, 2, 1, 0, 0, 2, -1, -2, 1, 0, 0, 4, 0, -5, 0, 1,
    ];

    public static ReadOnlySpan<double> Output =>
        [1, 1, 1, 1, 1, 0, 0, 1, -1, 2, -2, 0, 0, 1, 1, 4, 4, 0, 0, 1, -1, 8, -8, 1];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TransformInput<TVector>(float* source, nint pitch, float* rest, float* target, nint targetPitch)
        where TVector : struct, IVector<TVector>
    {
        TVector d0 = TVector.Load(source), d1 = TVector.Load(source + pitch);
        TVector d2 = TVector.Load(source + (2 * pitch)), d3 = TVector.Load(source + (3 * pitch));
        TVector d4 = TVector.Load(rest), d5 = TVector.Load(rest + pitch);
        TVector four = TVector.Broadcast(4);
        TVector minusFour = TVector.Broadcast(-4), minusFive = TVector.Broadcast(-5);
        TVector even = TVector.MultiplyAdd(minusFour, d2, d4), odd = TVector.MultiplyAdd(minusFour, d1, d3);
        TVector farEven = TVector.Subtract(d4, d2), halfOdd = TVector.Subtract(d3, d1), farOdd = TVector.Add(halfOdd, halfOdd);
        TVector.Store(target, TVector.MultiplyAdd(four, d0, TVector.MultiplyAdd(minusFive, d2, d4)));
        TVector.Store(target + targetPitch, TVector.Add(even, odd));
        TVector.Store(target + (2 * targetPitch), TVector.Subtract(even, odd));
        TVector.Store(target + (3 * targetPitch), TVector.Add(farEven, farOdd));
        TVector.Store(target + (4 * targetPitch), TVector.Subtract(farEven, farOdd));
        TVector.Store(target + (5 * targetPitch), TVector.MultiplyAdd(four, d1, TVector.MultiplyAdd(minusFive, d3, d5)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TransformOutput<TVector>(float* source, nint pitch, float* target, nint targetPitch)
        where TVector : struct, IVector<TVector>
    {
        Outcome(source, pitch, out TVector y0, out TVector y1, out TVector y2, out TVector y3);
        TVector.Store(target, y0);
        TVector.Store(target + targetPitch, y1);
        TVector.Store(target + (2 * targetPitch), y2);
        TVector.Store(target + (3 * targetPitch), y3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FinishOutput<TVector>(float* source, nint pitch, float* target, TVector low, TVector high)
        where TVector : struct, IVector<TVector>
    {
        Outcome(source, pitch, out TVector y0, out TVector y1, out TVector y2, out TVector y3);
        y0 = TVector.Clamp(y0, low, high);
        y1 = TVector.Clamp(y1, low, high);
        y2 = TVector.Clamp(y2, low, high);
        y3 = TVector.Clamp(y3, low, high);
        TVector even = TVector.InterleaveLower(y0, y2), odd = TVector.InterleaveLower(y1, y3);
        TVector.Store(target, TVector.InterleaveLower(even, odd));
        TVector.Store(target + TVector.Lanes, TVector.InterleaveUpper(even, odd));
        even = TVector.InterleaveUpper(y0, y2);
        odd = TVector.InterleaveUpper(y1, y3);
        TVector.Store(target + (2 * TVector.Lanes), TVector.InterleaveLower(even, odd));
        TVector.Store(target + (3 * TVector.Lanes), TVector.InterleaveUpper(even, odd));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Split<TVector>(float* source, int begin, int end, float* target, nint targetPitch)
        where TVector : struct, IVector<TVector>
    {
        TVector a = WinogradRow<TVector>.Load(source, 0, begin, end), b = WinogradRow<TVector>.Load(source, 1, begin, end);
        TVector c = WinogradRow<TVector>.Load(source, 2, begin, end), d = WinogradRow<TVector>.Load(source, 3, begin, end);
        TVector next = WinogradRow<TVector>.Load(source, 4, begin, end);
        TVector even = TVector.Even(a, b), evenRest = TVector.Even(c, d), odd = TVector.Odd(a, b), oddRest = TVector.Odd(c, d);
        TVector p0 = TVector.Even(even, evenRest), p1 = TVector.Even(odd, oddRest);
        TVector.Store(target, p0);
        TVector.Store(target + targetPitch, p1);
        TVector.Store(target + (2 * targetPitch), TVector.Odd(even, evenRest));
        TVector.Store(target + (3 * targetPitch), TVector.Odd(odd, oddRest));
        TVector.Store(target + (4 * targetPitch), TVector.ShiftDown(p0, next));
        TVector.Store(target + (5 * targetPitch), TVector.ShiftDown(p1, TVector.Odd(next, next)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Outcome<TVector>(
        float* source, nint pitch, out TVector y0, out TVector y1, out TVector y2, out TVector y3)
        where TVector : struct, IVector<TVector>
    {
        TVector m1 = TVector.Load(source + pitch), m2 = TVector.Load(source + (2 * pitch));
        TVector m3 = TVector.Load(source + (3 * pitch)), m4 = TVector.Load(source + (4 * pitch));
        TVector sum = TVector.Add(m1, m2), difference = TVector.Subtract(m1, m2);
        TVector farSum = TVector.Add(m3, m4), farDifference = TVector.Subtract(m3, m4);
        y0 = TVector.Add(TVector.Load(source), TVector.Add(sum, farSum));
        y1 = TVector.MultiplyAdd(TVector.Broadcast(2), farDifference, difference);
        y2 = TVector.MultiplyAdd(TVector.Broadcast(4), farSum, sum);
        y3 = TVector.Add(TVector.MultiplyAdd(TVector.Broadcast(8), farDifference, difference), TVector.Load(source + (5 * pitch)));
    }
}
