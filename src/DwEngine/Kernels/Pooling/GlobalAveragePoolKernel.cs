using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Pooling;

/// <summary>The mean of each plane.</summary>
internal sealed unsafe class GlobalAveragePoolKernel<TVector> : KernelRow<GlobalAveragePoolProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "global-average-pool";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(GlobalAveragePoolProblem problem) => true;

    protected override BoundKernel Create(GlobalAveragePoolProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(GlobalAveragePoolProblem problem) : BoundKernel
    {
        public override bool ReadsExactly => true;

        public override int TaskCount => problem.Planes;

        // A task is one plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            float* sums = stackalloc float[PartialSums<TVector>.Together];
            for (int plane = first; plane < end; plane += PartialSums<TVector>.Together)
            {
                int count = Math.Min(PartialSums<TVector>.Together, end - plane);
                PartialSums<TVector>.Sum(arguments.Inputs + plane, count, problem.PlaneLength, sums);
                for (int i = 0; i < count; i++)
                {
                    *arguments.Outputs[plane + i] = sums[i] / problem.PlaneLength;
                }
            }
        }
    }
}
