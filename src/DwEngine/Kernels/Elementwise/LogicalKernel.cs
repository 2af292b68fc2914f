using System.Runtime.CompilerServices;

namespace DwEngine.Kernels.Elementwise;

/// <summary>What is made of two truths; the names are those of ONNX's operators.</summary>
internal enum LogicalOperation
{
    /// <summary>Whether both are true.</summary>
    And,

    /// <summary>Whether one is true or both.</summary>
    Or,

    /// <summary>Whether one is true.</summary>
    Xor,
}

/// <summary>A function of the Bools of two operands at the same place. The planes of the second follow those of the first.</summary>
/// <param name="Operation">The function.</param>
/// <param name="Planes">Planes of the result, and of each operand.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
/// <param name="RepeatsLeft">Whether each plane of the first operand is one element, which counts for all of the plane.</param>
/// <param name="RepeatsRight">The same of the second operand.</param>
internal sealed record LogicalProblem(LogicalOperation Operation, int Planes, int PlaneLength, bool RepeatsLeft, bool RepeatsRight);

/// <summary>Computes element by element. All bytes but 0 are true; results are 0 or 1.</summary>
internal sealed unsafe class LogicalKernel(LogicalProblem problem) : BoundKernel
{
    private readonly PlaneBlocks _blocks = new(problem.Planes, problem.PlaneLength);

    public override bool ReadsExactly => true;

    public override int TaskCount => _blocks.Count;

    /// <summary>The function of two truths.</summary>
    public static bool Apply(LogicalOperation operation, bool a, bool b) => operation switch
    {
        LogicalOperation.And => a && b,
        LogicalOperation.Or => a || b,
        _ => a != b,
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public override void Run(in KernelArguments arguments, int first, int end)
    {
        for (int block = first; block < end; block++)
        {
            (int plane, int start, int count) = _blocks[block];
            byte* a = arguments.InputBytes[plane], b = arguments.InputBytes[problem.Planes + plane], output = arguments.OutputBytes[plane];
            for (int i = start; i < start + count; i++)
            {
                bool left = a[problem.RepeatsLeft ? 0 : i] != 0, right = b[problem.RepeatsRight ? 0 : i] != 0;
                output[i] = Apply(problem.Operation, left, right) ? (byte)1 : (byte)0;
            }
        }
    }
}
