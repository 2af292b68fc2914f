using System.Runtime.CompilerServices;
using DwEngine.Kernels.Elementwise;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Planewise;

/// <summary>Converts elements of one type to another; see <see cref="ElementConversion"/> for the rules.</summary>
/// <param name="Planes">Planes, which may lie anywhere.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
/// <param name="From">The type of the input.</param>
/// <param name="To">The type of the output.</param>
internal sealed record CastProblem(int Planes, int PlaneLength, ElementType From, ElementType To);

/// <summary>Converts planes block by block.</summary>
internal sealed unsafe class CastKernel(CastProblem problem) : BoundKernel
{
    private readonly PlaneBlocks _blocks = new(problem.Planes, problem.PlaneLength);

    public override bool ReadsExactly => true;

    public override int TaskCount => _blocks.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public override void Run(in KernelArguments arguments, int first, int end)
    {
        nint from = problem.From.Size(), to = problem.To.Size();
        for (int block = first; block < end; block++)
        {
            (int plane, int start, int count) = _blocks[block];
            ElementConversion.Run(
                problem.From, arguments.InputBytes[plane] + (start * from), problem.To, arguments.OutputBytes[plane] + (start * to), count);
        }
    }
}
