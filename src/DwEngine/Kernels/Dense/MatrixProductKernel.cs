using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Dense;

/// <summary>
/// Products of two matrices that are both known only in a run. A tile is a few rows of the left by two vectors of columns of the right;
/// each element is summed in the order of the depth, so its bits do not depend on the tile.
/// </summary>
internal sealed unsafe class MatrixProductKernel<TVector> : KernelRow<MatrixProductProblem>
    where TVector : struct, IVector<TVector>
{
    private const int TileRows = 4;

    // A multiple of every tile's width. The rows of the right that a task reads stay in the cache from one of its tiles to the next.
    private const int BlockColumns = 128;

    public override string Name => "matrix-product";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(MatrixProductProblem problem) => true;

    protected override BoundKernel Create(MatrixProductProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(MatrixProductProblem problem) : BoundKernel
    {
        private readonly int _rowBlocks = (problem.Rows + TileRows - 1) / TileRows;
        private readonly int _columnBlocks = (int)(((long)problem.Columns + BlockColumns - 1) / BlockColumns);

        public override bool ReadsExactly => true;

        public override int TaskCount => checked(problem.Batch * _columnBlocks * _rowBlocks);

        public override long? IssuedMultiplyAdds
        {
            get
            {
                int lanes = TVector.Lanes, single = problem.Rows % TileRows == 1 ? 1 : 0;
                long inTiles = 0, inRow = 0;
                for (int column = 0; column < problem.Columns; column += BlockColumns)
                {
                    int columns = Math.Min(BlockColumns, problem.Columns - column);
                    inTiles += TileRows * (long)PlaneLayout.RoundUp(columns, 2 * lanes);
                    inRow += PlaneLayout.RoundUp(columns, lanes);
                }

                return problem.Batch * (long)problem.Depth * (((_rowBlocks - single) * inTiles) + (single * inRow));
            }
        }

        // A task is a block of rows by a block of columns of one product; neighbours share the columns.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            for (int task = first; task < end; task++)
            {
                int block = task / _rowBlocks, row = (task - (block * _rowBlocks)) * TileRows;
                int product = block / _columnBlocks, column = (block - (product * _columnBlocks)) * BlockColumns;
                int rows = Math.Min(TileRows, problem.Rows - row), columns = Math.Min(BlockColumns, problem.Columns - column);
                float* left = arguments.Inputs[product] + ((nint)row * problem.Depth);
                float* right = arguments.Inputs[problem.Batch + product] + column;
                float* output = arguments.Outputs[product] + ((nint)row * problem.Columns) + column;
                if (rows == 1)
                {
                    OneRow(left, right, output, columns);
                }
                else
                {
                    Rows(left, right, output, rows, columns);
                }
            }
        }

        // Rows that are missing are the last one again, and are not stored.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Rows(float* left, float* right, float* output, int rows, int columns)
        {
            int lanes = TVector.Lanes, depth = problem.Depth;
            nint pitch = problem.Columns;
            float* l0 = left, l1 = left + depth, l2 = left + ((nint)Math.Min(2, rows - 1) * depth), l3 = left + ((nint)(rows - 1) * depth);
            for (int column = 0; column < columns; column += 2 * lanes)
            {
                int rest = columns - column;
                TVector a0 = TVector.Broadcast(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
                float* source = right + column;
                if (rest >= 2 * lanes)
                {
                    for (nint k = 0; k < depth; k++, source += pitch)
                    {
                        TVector x = TVector.Load(source), y = TVector.Load(source + lanes);
                        TVector.Accumulate(ref a0, x, l0 + k);
                        TVector.Accumulate(ref b0, y, l0 + k);
                        TVector.Accumulate(ref a1, x, l1 + k);
                        TVector.Accumulate(ref b1, y, l1 + k);
                        TVector.Accumulate(ref a2, x, l2 + k);
                        TVector.Accumulate(ref b2, y, l2 + k);
                        TVector.Accumulate(ref a3, x, l3 + k);
                        TVector.Accumulate(ref b3, y, l3 + k);
                    }
                }
                else
                {
                    for (nint k = 0; k < depth; k++, source += pitch)
                    {
                        TVector x = TVector.LoadPartial(source, rest), y = TVector.LoadPartial(source + lanes, rest - lanes);
                        TVector.Accumulate(ref a0, x, l0 + k);
                        TVector.Accumulate(ref b0, y, l0 + k);
                        TVector.Accumulate(ref a1, x, l1 + k);
                        TVector.Accumulate(ref b1, y, l1 + k);
                        TVector.Accumulate(ref a2, x, l2 + k);
                        TVector.Accumulate(ref b2, y, l2 + k);
                        TVector.Accumulate(ref a3, x, l3 + k);
                        TVector.Accumulate(ref b3, y, l3 + k);
                    }
                }

                float* target = output + column;
                Store(target, a0, b0, rest);
                Store(target + pitch, a1, b1, rest);
                if (rows > 2)
                {
                    Store(target + (2 * pitch), a2, b2, rest);
                }

                if (rows > 3)
                {
                    Store(target + (3 * pitch), a3, b3, rest);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void OneRow(float* left, float* right, float* output, int columns)
        {
            int lanes = TVector.Lanes, depth = problem.Depth, column = 0;
            nint pitch = problem.Columns;
            for (; column <= columns - (4 * lanes); column += 4 * lanes)
            {
                TVector a = TVector.Broadcast(0), b = a, c = a, d = a;
                float* source = right + column;
                for (nint k = 0; k < depth; k++, source += pitch)
                {
                    TVector x = TVector.Broadcast(left[k]);
                    TVector.Accumulate(ref a, TVector.Load(source), x);
                    TVector.Accumulate(ref b, TVector.Load(source + lanes), x);
                    TVector.Accumulate(ref c, TVector.Load(source + (2 * lanes)), x);
                    TVector.Accumulate(ref d, TVector.Load(source + (3 * lanes)), x);
                }

                Store(output + column, a, b, 2 * lanes);
                Store(output + column + (2 * lanes), c, d, 2 * lanes);
            }

            for (; column < columns; column += lanes)
            {
                int rest = columns - column;
                TVector sum = TVector.Broadcast(0);
                float* source = right + column;
                for (nint k = 0; k < depth; k++, source += pitch)
                {
                    TVector.Accumulate(ref sum, TVector.LoadPartial(source, rest), left + k);
                }

                TVector.StorePartial(output + column, sum, rest);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(float* target, TVector a, TVector b, int count)
        {
            if (count >= 2 * TVector.Lanes)
            {
                TVector.Store(target, a);
                TVector.Store(target + TVector.Lanes, b);
            }
            else
            {
                TVector.StorePartial(target, a, count);
                TVector.StorePartial(target + TVector.Lanes, b, count - TVector.Lanes);
            }
        }
    }
}
