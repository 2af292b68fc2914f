using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Dense;

/// <summary>Softmax: exp(x - max) over the sum of all of them.</summary>
internal sealed unsafe class SoftmaxKernel<TVector> : KernelRow<SoftmaxProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "softmax";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(SoftmaxProblem problem) => true;

    protected override BoundKernel Create(SoftmaxProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(SoftmaxProblem problem) : BoundKernel
    {
        public override bool ReadsExactly => true;

        public override int TaskCount => problem.Planes;

        // A task is one plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            for (int plane = first; plane < end; plane++)
            {
                SoftmaxRow<TVector>.Run(arguments.Inputs[plane], arguments.Outputs[plane], problem.PlaneLength);
            }
        }
    }
}
