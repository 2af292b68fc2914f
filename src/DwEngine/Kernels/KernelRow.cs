using DwEngine.Simd;

namespace DwEngine.Kernels;

/// <summary>A row of the kernel table: one kernel for one instruction set.</summary>
internal abstract class KernelRow
{
    /// <summary>The kernel's name, the same for every instruction set.</summary>
    public abstract string Name { get; }

    /// <summary>The instruction set that it needs.</summary>
    public abstract Isa Isa { get; }

    /// <summary>The name and the instruction set.</summary>
    public override string ToString() => $"{Name}/{Isa}";
}

/// <summary>A row of the kernel table for one kind of problem.</summary>
/// <typeparam name="TProblem">What the kernel must know: shapes, weights, epilogue.</typeparam>
internal abstract class KernelRow<TProblem> : KernelRow
{
    /// <summary>Whether the kernel can solve this problem.</summary>
    public abstract bool Accepts(TProblem problem);

    /// <summary>Fixes the problem and packs its weights; the result bears this row's name.</summary>
    public BoundKernel Bind(TProblem problem, PackedWeights weights)
    {
        BoundKernel kernel = Create(problem, weights);
        kernel.Name = Name;
        return kernel;
    }

    /// <summary>Fixes the problem and packs its weights.</summary>
    protected abstract BoundKernel Create(TProblem problem, PackedWeights weights);
}
