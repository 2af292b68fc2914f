using System.Runtime.CompilerServices;

namespace DwEngine.Kernels.Selection;

/// <summary>Takes the best box from a heap again and again. One task does all: where a row goes depends on those before it.</summary>
internal sealed unsafe class NonMaxSuppressionKernel(NonMaxSuppressionProblem problem) : BoundKernel
{
    private const int BoxLength = 4, RowLength = 3;

    public override bool ReadsExactly => true;

    public override int TaskCount => 1;

    public override int Parts => 1;

    public override long ScratchBytes => (long)problem.Boxes * sizeof(int);

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public override void Run(in KernelArguments arguments, int first, int end)
    {
        float* boxes = arguments.Inputs[0], scores = arguments.Inputs[1];
        long* rows = (long*)arguments.OutputBytes[0];
        int row = 0;
        for (int image = 0; image < problem.Batches; image++)
        {
            for (int kind = 0; kind < problem.Classes; kind++)
            {
                int taken = Select(
                    boxes + ((nint)image * problem.Boxes * BoxLength),
                    scores + (((nint)image * problem.Classes) + kind) * problem.Boxes,
                    (int*)arguments.Scratch,
                    rows + ((nint)row * RowLength));
                for (int i = row; i < row + taken; i++)
                {
                    (rows[(nint)i * RowLength], rows[((nint)i * RowLength) + 1]) = (image, kind);
                }

                row += taken;
            }
        }

        new Span<long>(rows + ((nint)row * RowLength), (problem.Rows - row) * RowLength).Fill(-1);
    }

    // Writes the boxes of a class into the last column of rows, and tells how many.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private int Select(float* boxes, float* scores, int* heap, long* rows)
    {
        int count = 0, taken = 0;
        for (int i = 0; i < problem.Boxes; i++)
        {
            if (problem.MinimumScore is { } minimum ? scores[i] > minimum : !float.IsNaN(scores[i]))
            {
                heap[count++] = i;
            }
        }

        for (int i = (count / 2) - 1; i >= 0; i--)
        {
            Sink(scores, heap, i, count);
        }

        while (count > 0 && taken < problem.Most)
        {
            int best = heap[0];
            heap[0] = heap[--count];
            Sink(scores, heap, 0, count);
            if (!IsSuppressed(boxes, best, rows, taken))
            {
                rows[((nint)taken++ * RowLength) + 2] = best;
            }
        }

        return taken;
    }

    private bool IsSuppressed(float* boxes, int box, long* rows, int taken)
    {
        for (int i = 0; i < taken; i++)
        {
            float* better = boxes + ((nint)rows[((nint)i * RowLength) + 2] * BoxLength);
            if (Overlaps(boxes + ((nint)box * BoxLength), better))
            {
                return true;
            }
        }

        return false;
    }

    private bool Overlaps(float* a, float* b)
    {
        (float low, float high) aFirst = Extent(a, 0), aSecond = Extent(a, 1), bFirst = Extent(b, 0), bSecond = Extent(b, 1);
        float first = Math.Min(aFirst.high, bFirst.high) - Math.Max(aFirst.low, bFirst.low);
        float second = Math.Min(aSecond.high, bSecond.high) - Math.Max(aSecond.low, bSecond.low);
        float areaA = (aFirst.high - aFirst.low) * (aSecond.high - aSecond.low);
        float areaB = (bFirst.high - bFirst.low) * (bSecond.high - bSecond.low);
        float common = first * second, union = areaA + areaB - common;
        return first > 0 && second > 0 && common > 0 && areaA > 0 && areaB > 0 && union > 0 && common / union > problem.MaximumOverlap;
    }

    // A box has two corners in any order, or its centre and its size.
    private (float Low, float High) Extent(float* box, int axis)
    {
        (float first, float second) = (box[axis], box[axis + 2]);
        return problem.IsCentered
            ? (first - (second / 2), first + (second / 2))
            : (Math.Min(first, second), Math.Max(first, second));
    }

    private static void Sink(float* scores, int* heap, int at, int count)
    {
        for (int child = (2 * at) + 1; child < count; child = (2 * at) + 1)
        {
            if (child + 1 < count && IsBetter(scores, heap[child + 1], heap[child]))
            {
                child++;
            }

            if (!IsBetter(scores, heap[child], heap[at]))
            {
                return;
            }

            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }

    // Of equal scores the first comes first.
    private static bool IsBetter(float* scores, int a, int b) => scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
}
