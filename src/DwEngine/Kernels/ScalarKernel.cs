using DwEngine.Simd;

namespace DwEngine.Kernels;

/// <summary>The row of a kernel that has no vectors: the same code for every instruction set.</summary>
/// <param name="name">The kernel's name.</param>
/// <param name="bind">Fixes a problem.</param>
internal sealed class ScalarKernel<TVector, TProblem>(string name, Func<TProblem, BoundKernel> bind) : KernelRow<TProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => name;

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(TProblem problem) => true;

    protected override BoundKernel Create(TProblem problem, PackedWeights weights) => bind(problem);
}
