using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Planewise;

/// <summary>Copies planes.</summary>
internal sealed unsafe class CopyKernel<TVector> : KernelRow<CopyProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "copy";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(CopyProblem problem) => true;

    protected override BoundKernel Create(CopyProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(CopyProblem problem) : BoundKernel
    {
        public override bool ReadsExactly => true;

        public override int TaskCount => problem.Planes;

        // A task is one plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            long bytes = (long)problem.PlaneLength * problem.ElementSize;
            for (int plane = first; plane < end; plane++)
            {
                Buffer.MemoryCopy(arguments.InputBytes[plane], arguments.OutputBytes[plane], bytes, bytes);
            }
        }
    }
}
