using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise;

/// <summary>Takes each element of any size from one of two operands, as a condition of bytes says.</summary>
internal sealed unsafe class SelectElementsKernel<TVector> : KernelRow<SelectProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "select-elements";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(SelectProblem problem) => true;

    protected override BoundKernel Create(SelectProblem problem, PackedWeights weights) => problem.ElementSize switch
    {
        1 => new Bound<byte>(problem),
        2 => new Bound<short>(problem),
        4 => new Bound<int>(problem),
        _ => new Bound<long>(problem),
    };

    private sealed class Bound<T>(SelectProblem problem) : BoundKernel
        where T : unmanaged
    {
        private readonly PlaneBlocks _blocks = new(problem.Planes, problem.PlaneLength);

        public override bool ReadsExactly => true;

        public override int TaskCount => _blocks.Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            for (int block = first; block < end; block++)
            {
                (int plane, int start, int count) = _blocks[block];
                byte* condition = arguments.InputBytes[plane] + (problem.RepeatsCondition ? 0 : start);
                T* left = (T*)arguments.InputBytes[problem.Planes + plane] + (problem.RepeatsLeft ? 0 : start);
                T* right = (T*)arguments.InputBytes[(2 * problem.Planes) + plane] + (problem.RepeatsRight ? 0 : start);
                T* output = (T*)arguments.OutputBytes[plane] + start;
                for (int i = 0; i < count; i++)
                {
                    output[i] = condition[problem.RepeatsCondition ? 0 : i] != 0
                        ? left[problem.RepeatsLeft ? 0 : i]
                        : right[problem.RepeatsRight ? 0 : i];
                }
            }
        }
    }
}
