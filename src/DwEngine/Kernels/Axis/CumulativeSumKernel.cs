using System.Numerics;
using System.Runtime.CompilerServices;
using DwEngine.Kernels.Integers;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Axis;

/// <summary>Adds up each plane.</summary>
internal sealed unsafe class CumulativeSumKernel<TVector> : KernelRow<CumulativeSumProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "cumulative-sum";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(CumulativeSumProblem problem) => problem.Type == ElementType.Float32 || problem.Type.IsInteger();

    protected override BoundKernel Create(CumulativeSumProblem problem, PackedWeights weights) => problem.Type switch
    {
        ElementType.Float32 => new Bound<float, double>(problem),
        ElementType.Int64 => new Bound<long, long>(problem),
        ElementType.Int32 => new Bound<int, int>(problem),
        ElementType.Int16 => new Bound<short, short>(problem),
        ElementType.Int8 => new Bound<sbyte, sbyte>(problem),
        _ => new Bound<byte, byte>(problem),
    };

    private sealed class Bound<T, TSum>(CumulativeSumProblem problem) : BoundKernel
        where T : unmanaged, INumber<T>
        where TSum : unmanaged, INumber<TSum>
    {
        public override bool ReadsExactly => true;

        public override int TaskCount => problem.Planes;

        // A task is one plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            int length = problem.PlaneLength;
            for (int plane = first; plane < end; plane++)
            {
                T* input = (T*)arguments.InputBytes[plane], output = (T*)arguments.OutputBytes[plane];
                TSum sum = TSum.Zero;
                for (int i = 0; i < length; i++)
                {
                    int place = problem.IsReverse ? length - 1 - i : i;
                    TSum next = sum + TSum.CreateTruncating(input[place]);
                    output[place] = T.CreateTruncating(problem.IsExclusive ? sum : next);
                    sum = next;
                }
            }
        }
    }
}
