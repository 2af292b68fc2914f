using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DwEngine.Decomposition.Threading;

namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>
/// Matrix products with packed, cache-sized blocks and a register tile (K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix
/// Multiplication", 2008). Every entry sums its terms in the order of the inner dimension, block by block, so the bits do not depend on how
/// rows or columns are split between calls.
/// </summary>
public static class MatrixProduct
{
    // The register tile is TileRows x TileVectors vectors. A packed strip of the right factor (Depth x one tile's width) fits the
    // first-level cache, a packed block of the left factor (BlockRows x Depth) the second.
    private const int TileRows = 4;
    private const int TileVectors = 3;
    private const int Depth = 256;
    private const int BlockRows = 96;

    // Several, so that a thread that is done early finds more to do.
    private const int PartsPerThread = 2;

    // An entry has the same bits in vectors of any length.
    private static readonly int TileColumns = TileVectors * (WideDoubles.ArePreferred ? WideDoubles.Lanes : PlainDoubles.Lanes);

    /// <summary>target += op(left) op(right), where op transposes if its flag is set.</summary>
    /// <param name="target">m x n, changed in place; it must be neither factor.</param>
    /// <param name="left">m x k, or k x m if <paramref name="transposeLeft"/>.</param>
    /// <param name="transposeLeft">Whether the left factor enters transposed.</param>
    /// <param name="right">k x n, or n x k if <paramref name="transposeRight"/>.</param>
    /// <param name="transposeRight">Whether the right factor enters transposed.</param>
    /// <exception cref="LinearAlgebraException">The sizes do not fit, or the target is a factor.</exception>
    public static void Add(Matrix target, Matrix left, bool transposeLeft, Matrix right, bool transposeRight)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        AddScaled(target, 1, left, transposeLeft, right, transposeRight, 1);
    }

    /// <summary>target += scale * op(left) op(right) for blocks of matrices.</summary>
    /// <param name="target">m x n, changed in place; it must have no entry in common with a factor.</param>
    /// <param name="scale">What each entry of the product is multiplied with.</param>
    /// <param name="left">m x k, or k x m if <paramref name="transposeLeft"/>.</param>
    /// <param name="transposeLeft">Whether the left factor enters transposed.</param>
    /// <param name="right">k x n, or n x k if <paramref name="transposeRight"/>.</param>
    /// <param name="transposeRight">Whether the right factor enters transposed.</param>
    /// <param name="threads">Threads that share the rows of the target.</param>
    /// <exception cref="LinearAlgebraException">The sizes do not fit, or the target overlaps a factor.</exception>
    internal static void AddScaled(
        MatrixPart target, double scale, MatrixPart left, bool transposeLeft, MatrixPart right, bool transposeRight, int threads)
    {
        Operand rows = Operand.Of(left, transposeLeft), columns = Operand.Of(right, transposeRight).Transposed();
        ForRows(target.Rows, threads, (first, end) => Add(target, scale, rows, columns, first, end, upperOnly: false));
    }

    /// <summary>target += scale * right^T right, for entries on and above the diagonal.</summary>
    /// <param name="target">n x n; entries below the diagonal may change too.</param>
    /// <param name="scale">What each entry of the product is multiplied with.</param>
    /// <param name="right">k x n.</param>
    /// <param name="threads">Threads that share the rows of the target.</param>
    internal static void AddUpperGram(MatrixPart target, double scale, MatrixPart right, int threads)
    {
        Operand columns = Operand.Of(right, transpose: true);
        ForRows(target.Rows, threads, (first, end) => Add(target, scale, columns, columns, first, end, upperOnly: true));
    }

    /// <summary>Adds the Gram matrix of <paramref name="samples"/> (one sample in each row): gram += samples^T samples.</summary>
    /// <param name="gram">n x n and symmetric, changed in place.</param>
    /// <param name="samples">k x n.</param>
    /// <exception cref="LinearAlgebraException">The sizes do not fit.</exception>
    public static void AddGram(Matrix gram, Matrix samples)
    {
        ArgumentNullException.ThrowIfNull(gram);
        AddUpperGram(gram, samples, 0, gram.Rows);
        MirrorUpper(gram);
    }

    /// <summary>
    /// As <see cref="AddGram"/>, but only for the entries on and above the diagonal in the rows <paramref name="firstRow"/> to below
    /// <paramref name="endRow"/>, so that threads can share the work; other entries below the diagonal may change too.
    /// </summary>
    internal static void AddUpperGram(Matrix gram, Matrix samples, int firstRow, int endRow)
    {
        ArgumentNullException.ThrowIfNull(samples);
        Operand columns = Operand.Of(samples, transpose: true);
        Add(gram, 1, columns, columns, firstRow, endRow, upperOnly: true);
    }

    /// <summary>Copies the entries above the diagonal to those below.</summary>
    internal static void MirrorUpper(Matrix gram)
    {
        for (int i = 1; i < gram.Rows; i++)
        {
            for (int j = 0; j < i; j++)
            {
                gram[i, j] = gram[j, i];
            }
        }
    }

    // Both operands give their vectors of length k by rows: target(i, j) += left row i . right row j.
    private static void Add(MatrixPart target, double scale, Operand left, Operand right, int firstRow, int endRow, bool upperOnly)
    {
        if (left.Length != right.Length || target.Rows != left.Count || target.Columns != right.Count)
        {
            throw new LinearAlgebraException(
                $"A {left.Count} x {left.Length} times a {right.Length} x {right.Count} matrix does not make a "
                + $"{target.Rows} x {target.Columns} one.");
        }

        if (target.Overlaps(left.Part) || target.Overlaps(right.Part))
        {
            throw new LinearAlgebraException("The target of a matrix product must be neither of its factors.");
        }

        int strips = (right.Count + TileColumns - 1) / TileColumns;
        int firstStrip = upperOnly ? firstRow / TileColumns : 0;
        int depth = Math.Min(Depth, left.Length);
        double[] rightBuffer = ArrayPool<double>.Shared.Rent(strips * TileColumns * depth);
        double[] leftBuffer = ArrayPool<double>.Shared.Rent(BlockRows * depth);
        for (int k = 0; k < left.Length; k += Depth)
        {
            int length = Math.Min(Depth, left.Length - k);
            for (int strip = firstStrip; strip < strips; strip++)
            {
                right.Pack(strip * TileColumns, TileColumns, k, length, rightBuffer.AsSpan(strip * TileColumns * length));
            }

            for (int row = firstRow; row < endRow; row += BlockRows)
            {
                int rows = Math.Min(BlockRows, endRow - row);
                for (int panel = 0; panel < rows; panel += TileRows)
                {
                    left.Pack(row + panel, TileRows, k, length, leftBuffer.AsSpan(panel * length));
                }

                for (int strip = firstStrip; strip < strips; strip++)
                {
                    for (int panel = 0; panel < rows; panel += TileRows)
                    {
                        if (!upperOnly || (strip + 1) * TileColumns > row + panel)
                        {
                            ReadOnlySpan<double> packedLeft = leftBuffer.AsSpan(panel * length, TileRows * length);
                            ReadOnlySpan<double> packedRight = rightBuffer.AsSpan(strip * TileColumns * length, TileColumns * length);
                            AddTile(target, scale, row + panel, rows - panel, strip * TileColumns, packedLeft, packedRight, length);
                        }
                    }
                }
            }
        }

        ArrayPool<double>.Shared.Return(rightBuffer);
        ArrayPool<double>.Shared.Return(leftBuffer);
    }

    // Rows of the target are cut where tiles end. An entry does not depend on the cuts.
    private static void ForRows(int rows, int threads, Action<int, int> body)
    {
        int parts = Math.Min(threads == 1 ? 1 : PartsPerThread * threads, rows / BlockRows);
        if (parts <= 1)
        {
            body(0, rows);
            return;
        }

        int tiles = (rows + TileRows - 1) / TileRows;
        int Cut(int part) => Math.Min(rows, (int)((long)tiles * part / parts) * TileRows);
        Workers.For(parts, threads, part => body(Cut(part), Cut(part + 1)));
    }

    private static void AddTile(
        MatrixPart target, double scale, int row, int rows, int column, ReadOnlySpan<double> left, ReadOnlySpan<double> right, int length)
    {
        Span<double> tile = stackalloc double[TileRows * TileColumns];
        if (WideDoubles.ArePreferred)
        {
            MultiplyTile<WideDoubles>(left, right, length, tile);
        }
        else
        {
            MultiplyTile<PlainDoubles>(left, right, length, tile);
        }

        int columns = Math.Min(TileColumns, target.Columns - column);
        for (int i = 0; i < Math.Min(TileRows, rows); i++)
        {
            VectorOperations.AddScaled(scale, tile.Slice(i * TileColumns, columns), target.RowSpan(row + i).Slice(column, columns));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MultiplyTile<TVector>(ReadOnlySpan<double> left, ReadOnlySpan<double> right, int length, Span<double> tile)
        where TVector : struct, IDoubleVector<TVector>
    {
        ref double a = ref MemoryMarshal.GetReference(left);
        ref double b = ref MemoryMarshal.GetReference(right);
        TVector c00 = default, c01 = default, c02 = default;
        TVector c10 = default, c11 = default, c12 = default;
        TVector c20 = default, c21 = default, c22 = default;
        TVector c30 = default, c31 = default, c32 = default;
        for (int k = 0; k < length; k++)
        {
            TVector b0 = TVector.Load(ref b, 0), b1 = TVector.Load(ref b, 1), b2 = TVector.Load(ref b, 2);
            TVector a0 = TVector.Broadcast(a);
            c00 = TVector.MultiplyAdd(a0, b0, c00);
            c01 = TVector.MultiplyAdd(a0, b1, c01);
            c02 = TVector.MultiplyAdd(a0, b2, c02);
            TVector a1 = TVector.Broadcast(Unsafe.Add(ref a, 1));
            c10 = TVector.MultiplyAdd(a1, b0, c10);
            c11 = TVector.MultiplyAdd(a1, b1, c11);
            c12 = TVector.MultiplyAdd(a1, b2, c12);
            TVector a2 = TVector.Broadcast(Unsafe.Add(ref a, 2));
            c20 = TVector.MultiplyAdd(a2, b0, c20);
            c21 = TVector.MultiplyAdd(a2, b1, c21);
            c22 = TVector.MultiplyAdd(a2, b2, c22);
            TVector a3 = TVector.Broadcast(Unsafe.Add(ref a, 3));
            c30 = TVector.MultiplyAdd(a3, b0, c30);
            c31 = TVector.MultiplyAdd(a3, b1, c31);
            c32 = TVector.MultiplyAdd(a3, b2, c32);
            a = ref Unsafe.Add(ref a, TileRows);
            b = ref Unsafe.Add(ref b, TileVectors * TVector.Lanes);
        }

        // No call may follow: what lives beyond one is written to the stack in each turn of the loop.
        ref double t = ref MemoryMarshal.GetReference(tile);
        TVector.Store(ref t, 0, c00);
        TVector.Store(ref t, 1, c01);
        TVector.Store(ref t, 2, c02);
        TVector.Store(ref t, 3, c10);
        TVector.Store(ref t, 4, c11);
        TVector.Store(ref t, 5, c12);
        TVector.Store(ref t, 6, c20);
        TVector.Store(ref t, 7, c21);
        TVector.Store(ref t, 8, c22);
        TVector.Store(ref t, 9, c30);
        TVector.Store(ref t, 10, c31);
        TVector.Store(ref t, 11, c32);
    }

    // Count vectors of Length numbers each, taken from the rows of a block or from its columns.
    private readonly record struct Operand(MatrixPart Part, int Count, int Length, int CountStride, int LengthStride)
    {
        public static Operand Of(MatrixPart part, bool transpose)
        {
            Operand rows = new(part, part.Rows, part.Columns, part.Source.Columns, 1);
            return transpose ? rows.Transposed() : rows;
        }

        public Operand Transposed() => new(Part, Length, Count, LengthStride, CountStride);

        // Interleaves `width` vectors from `first` on, entries k to k + length; vectors beyond the last count as zero.
        public void Pack(int first, int width, int k, int length, Span<double> packed)
        {
            ReadOnlySpan<double> source = Part.Source.Values[((Part.Row * Part.Source.Columns) + Part.Column)..];
            int present = Math.Min(width, Count - first);
            if (present < width)
            {
                packed[..(width * length)].Clear();
            }

            if (CountStride == 1 && present == width)
            {
                CopyWhole(source, (k * LengthStride) + first, width, length, packed);
                return;
            }

            if (CountStride == 1)
            {
                for (int l = 0; l < length; l++)
                {
                    source.Slice(((k + l) * LengthStride) + first, present).CopyTo(packed[(l * width)..]);
                }

                return;
            }

            for (int i = 0; i < present; i++)
            {
                ReadOnlySpan<double> vector = source.Slice(((first + i) * CountStride) + k, length);
                for (int l = 0; l < length; l++)
                {
                    packed[(l * width) + i] = vector[l];
                }
            }
        }

        // Vectors of a few numbers are copied faster so than by a call for each.
        private void CopyWhole(ReadOnlySpan<double> source, int start, int width, int length, Span<double> packed)
        {
            int lanes = Vector<double>.Count;
            for (int l = 0; l < length; l++)
            {
                ReadOnlySpan<double> from = source.Slice(start + (l * LengthStride), width);
                Span<double> to = packed.Slice(l * width, width);
                int i = 0;
                for (; i <= width - lanes; i += lanes)
                {
                    new Vector<double>(from[i..]).CopyTo(to[i..]);
                }

                for (; i < width; i++)
                {
                    to[i] = from[i];
                }
            }
        }
    }
}
