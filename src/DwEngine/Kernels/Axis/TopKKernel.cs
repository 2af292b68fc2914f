using System.Numerics;
using System.Runtime.CompilerServices;
using DwEngine.Kernels.Integers;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Axis;

/// <summary>Finds the largest or smallest elements with a heap of places, whose first is the worst that is still kept.</summary>
internal sealed unsafe class TopKKernel<TVector> : KernelRow<TopKProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "top-k";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(TopKProblem problem) => problem.Type == ElementType.Float32 || problem.Type.IsInteger();

    protected override BoundKernel Create(TopKProblem problem, PackedWeights weights) => problem.Type switch
    {
        ElementType.Float32 => new Bound<float>(problem),
        ElementType.Int64 => new Bound<long>(problem),
        ElementType.Int32 => new Bound<int>(problem),
        ElementType.Int16 => new Bound<short>(problem),
        ElementType.Int8 => new Bound<sbyte>(problem),
        _ => new Bound<byte>(problem),
    };

    private sealed class Bound<T>(TopKProblem problem) : BoundKernel
        where T : unmanaged, INumber<T>
    {
        public override bool ReadsExactly => true;

        public override int TaskCount => problem.Planes;

        public override long ScratchBytes => (long)problem.Count * sizeof(int);

        // A task is one plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            int* heap = (int*)arguments.Scratch;
            int count = problem.Count;
            for (int plane = first; plane < end; plane++)
            {
                T* input = (T*)arguments.InputBytes[plane];
                for (int i = 0; i < count; i++)
                {
                    heap[i] = i;
                }

                for (int i = (count / 2) - 1; i >= 0; i--)
                {
                    Sink(input, heap, i, count);
                }

                for (int i = count; i < problem.PlaneLength; i++)
                {
                    if (IsBetter(input, i, heap[0]))
                    {
                        heap[0] = i;
                        Sink(input, heap, 0, count);
                    }
                }

                // The worst goes to the end until all are in order.
                for (int i = count - 1; i > 0; i--)
                {
                    (heap[0], heap[i]) = (heap[i], heap[0]);
                    Sink(input, heap, 0, i);
                }

                T* values = (T*)arguments.OutputBytes[plane];
                long* places = (long*)arguments.OutputBytes[problem.Planes + plane];
                for (int i = 0; i < count; i++)
                {
                    values[i] = input[heap[i]];
                    places[i] = heap[i];
                }
            }
        }

        private void Sink(T* input, int* heap, int at, int count)
        {
            for (int child = (2 * at) + 1; child < count; child = (2 * at) + 1)
            {
                if (child + 1 < count && IsBetter(input, heap[child], heap[child + 1]))
                {
                    child++;
                }

                if (!IsBetter(input, heap[at], heap[child]))
                {
                    return;
                }

                (heap[at], heap[child]) = (heap[child], heap[at]);
                at = child;
            }
        }

        private bool IsBetter(T* input, int a, int b)
        {
            int order = input[a].CompareTo(input[b]);
            return order == 0 ? a < b : order > 0 != problem.IsSmallest;
        }
    }
}
