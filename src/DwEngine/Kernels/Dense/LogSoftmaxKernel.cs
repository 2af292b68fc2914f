using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Dense;

/// <summary>The natural logarithm of softmax.</summary>
internal sealed unsafe class LogSoftmaxKernel<TVector> : KernelRow<LogSoftmaxProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "log-softmax";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(LogSoftmaxProblem problem) => true;

    protected override BoundKernel Create(LogSoftmaxProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(LogSoftmaxProblem problem) : BoundKernel
    {
        public override bool ReadsExactly => true;

        public override int TaskCount => problem.Planes;

        // A task is one plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            for (int plane = first; plane < end; plane++)
            {
                SoftmaxRow<TVector>.Logarithm(arguments.Inputs[plane], arguments.Outputs[plane], problem.PlaneLength);
            }
        }
    }
}
