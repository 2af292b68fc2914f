using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace DwEngine.Vision.Frames;

/// <summary>Takes samples of two neighbours in turns, and exchanges rows and columns of such pairs.</summary>
internal static unsafe class Interleaving
{
    /// <summary>Rows and columns of pairs that <see cref="Transpose"/> takes at a time.</summary>
    public const int Tile = 8;

    /// <summary>Writes the bytes of two rows in turns.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="second">The second row.</param>
    /// <param name="target">Where twice as many bytes go.</param>
    /// <param name="count">Bytes of a row, a multiple of 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Zip(byte* first, byte* second, byte* target, int count)
    {
        for (int i = 0; i < count; i += 16)
        {
            Vector128<byte> a = Vector128.Load(first + i), b = Vector128.Load(second + i);
            if (Sse2.IsSupported)
            {
                Sse2.UnpackLow(a, b).Store(target + (2 * i));
                Sse2.UnpackHigh(a, b).Store(target + (2 * i) + 16);
            }
            else if (AdvSimd.Arm64.IsSupported)
            {
                AdvSimd.Arm64.ZipLow(a, b).Store(target + (2 * i));
                AdvSimd.Arm64.ZipHigh(a, b).Store(target + (2 * i) + 16);
            }
            else
            {
                for (int j = i; j < i + 16; j++)
                {
                    (target[2 * j], target[(2 * j) + 1]) = (first[j], second[j]);
                }
            }
        }
    }

    /// <summary>Writes a matrix of pairs of bytes with rows and columns exchanged.</summary>
    /// <param name="source">The first pair.</param>
    /// <param name="sourceStride">Bytes from one row to the next.</param>
    /// <param name="rows">Rows, a multiple of <see cref="Tile"/>.</param>
    /// <param name="columns">Columns, a multiple of <see cref="Tile"/>.</param>
    /// <param name="target">Where the first pair goes.</param>
    /// <param name="targetStride">Bytes from one row of the result, a column of the source, to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Transpose(byte* source, nint sourceStride, int rows, int columns, byte* target, nint targetStride)
    {
        for (int row = 0; row < rows; row += Tile)
        {
            for (int column = 0; column < columns; column += Tile)
            {
                byte* from = source + (row * sourceStride) + (2 * column), to = target + (column * targetStride) + (2 * row);
                if (Avx2.IsSupported && columns - column >= 2 * Tile)
                {
                    TransposeTwoTiles(from, sourceStride, to, targetStride);
                    column += Tile;
                    continue;
                }

                if (Sse2.IsSupported || AdvSimd.Arm64.IsSupported)
                {
                    TransposeTile(from, sourceStride, to, targetStride);
                    continue;
                }

                for (int i = 0; i < Tile * Tile; i++)
                {
                    *(ushort*)(to + (i / Tile * targetStride) + (2 * (i % Tile))) =
                        *(ushort*)(from + (i % Tile * sourceStride) + (2 * (i / Tile)));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void TransposeTile(byte* from, nint sourceStride, byte* to, nint targetStride)
    {
        Vector128<ushort> r0 = Row(from, sourceStride, 0), r1 = Row(from, sourceStride, 1), r2 = Row(from, sourceStride, 2);
        Vector128<ushort> r3 = Row(from, sourceStride, 3), r4 = Row(from, sourceStride, 4), r5 = Row(from, sourceStride, 5);
        Vector128<ushort> r6 = Row(from, sourceStride, 6), r7 = Row(from, sourceStride, 7);
        (Vector128<ushort> a0, Vector128<ushort> a1) = Zip(r0, r4);
        (Vector128<ushort> a2, Vector128<ushort> a3) = Zip(r1, r5);
        (Vector128<ushort> a4, Vector128<ushort> a5) = Zip(r2, r6);
        (Vector128<ushort> a6, Vector128<ushort> a7) = Zip(r3, r7);
        (Vector128<ushort> b0, Vector128<ushort> b1) = Zip(a0, a4);
        (Vector128<ushort> b2, Vector128<ushort> b3) = Zip(a1, a5);
        (Vector128<ushort> b4, Vector128<ushort> b5) = Zip(a2, a6);
        (Vector128<ushort> b6, Vector128<ushort> b7) = Zip(a3, a7);
        Store(Zip(b0, b4), to, targetStride, 0);
        Store(Zip(b1, b5), to, targetStride, 2);
        Store(Zip(b2, b6), to, targetStride, 4);
        Store(Zip(b3, b7), to, targetStride, 6);
    }

    // Each half of a vector is a tile of its own; they lie beside each other in the source and below each other in the result.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void TransposeTwoTiles(byte* from, nint sourceStride, byte* to, nint targetStride)
    {
        Vector256<ushort> r0 = Rows(from, sourceStride, 0), r1 = Rows(from, sourceStride, 1), r2 = Rows(from, sourceStride, 2);
        Vector256<ushort> r3 = Rows(from, sourceStride, 3), r4 = Rows(from, sourceStride, 4), r5 = Rows(from, sourceStride, 5);
        Vector256<ushort> r6 = Rows(from, sourceStride, 6), r7 = Rows(from, sourceStride, 7);
        (Vector256<ushort> a0, Vector256<ushort> a1) = Zip(r0, r4);
        (Vector256<ushort> a2, Vector256<ushort> a3) = Zip(r1, r5);
        (Vector256<ushort> a4, Vector256<ushort> a5) = Zip(r2, r6);
        (Vector256<ushort> a6, Vector256<ushort> a7) = Zip(r3, r7);
        (Vector256<ushort> b0, Vector256<ushort> b1) = Zip(a0, a4);
        (Vector256<ushort> b2, Vector256<ushort> b3) = Zip(a1, a5);
        (Vector256<ushort> b4, Vector256<ushort> b5) = Zip(a2, a6);
        (Vector256<ushort> b6, Vector256<ushort> b7) = Zip(a3, a7);
        Store(Zip(b0, b4), to, targetStride, 0);
        Store(Zip(b1, b5), to, targetStride, 2);
        Store(Zip(b2, b6), to, targetStride, 4);
        Store(Zip(b3, b7), to, targetStride, 6);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Rows(byte* from, nint stride, int row) => Vector256.Load((ushort*)(from + (row * stride)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store((Vector256<ushort> First, Vector256<ushort> Second) rows, byte* to, nint stride, int row)
    {
        Store((rows.First.GetLower(), rows.Second.GetLower()), to, stride, row);
        Store((rows.First.GetUpper(), rows.Second.GetUpper()), to, stride, row + Tile);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<ushort> Low, Vector256<ushort> High) Zip(Vector256<ushort> a, Vector256<ushort> b) =>
        (Avx2.UnpackLow(a, b), Avx2.UnpackHigh(a, b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Row(byte* from, nint stride, int row) => Vector128.Load((ushort*)(from + (row * stride)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store((Vector128<ushort> First, Vector128<ushort> Second) rows, byte* to, nint stride, int row)
    {
        rows.First.Store((ushort*)(to + (row * stride)));
        rows.Second.Store((ushort*)(to + ((row + 1) * stride)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<ushort> Low, Vector128<ushort> High) Zip(Vector128<ushort> a, Vector128<ushort> b) => Sse2.IsSupported
        ? (Sse2.UnpackLow(a, b), Sse2.UnpackHigh(a, b))
        : (AdvSimd.Arm64.ZipLow(a, b), AdvSimd.Arm64.ZipHigh(a, b));
}
