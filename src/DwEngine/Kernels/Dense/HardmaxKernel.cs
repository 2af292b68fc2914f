using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Dense;

/// <summary>1 where the largest element of a plane is, the first of equal ones; 0 elsewhere.</summary>
internal sealed unsafe class HardmaxKernel<TVector> : KernelRow<HardmaxProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "hardmax";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(HardmaxProblem problem) => true;

    protected override BoundKernel Create(HardmaxProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(HardmaxProblem problem) : BoundKernel
    {
        public override bool ReadsExactly => true;

        public override int TaskCount => problem.Planes;

        // A task is one plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            for (int plane = first; plane < end; plane++)
            {
                float* input = arguments.Inputs[plane], output = arguments.Outputs[plane];
                int largest = 0;
                for (int i = 1; i < problem.PlaneLength; i++)
                {
                    largest = input[i] > input[largest] ? i : largest;
                }

                new Span<float>(output, problem.PlaneLength).Clear();
                output[largest] = 1;
            }
        }
    }
}
