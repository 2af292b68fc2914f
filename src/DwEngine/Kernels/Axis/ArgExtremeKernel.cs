using System.Numerics;
using System.Runtime.CompilerServices;
using DwEngine.Kernels.Integers;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Axis;

/// <summary>Finds the place of the largest or smallest element.</summary>
internal sealed unsafe class ArgExtremeKernel<TVector> : KernelRow<ArgExtremeProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "arg-extreme";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ArgExtremeProblem problem) => problem.Type == ElementType.Float32 || problem.Type.IsInteger();

    protected override BoundKernel Create(ArgExtremeProblem problem, PackedWeights weights) => problem.Type switch
    {
        ElementType.Float32 => new Bound<float>(problem),
        ElementType.Int64 => new Bound<long>(problem),
        ElementType.Int32 => new Bound<int>(problem),
        ElementType.Int16 => new Bound<short>(problem),
        ElementType.Int8 => new Bound<sbyte>(problem),
        _ => new Bound<byte>(problem),
    };

    private sealed class Bound<T>(ArgExtremeProblem problem) : BoundKernel
        where T : unmanaged, INumber<T>
    {
        public override bool ReadsExactly => true;

        public override int TaskCount => problem.Planes;

        // A task is one plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            for (int plane = first; plane < end; plane++)
            {
                T* input = (T*)arguments.InputBytes[plane];
                T best = *input;
                int place = 0;
                for (int i = 1; i < problem.PlaneLength; i++)
                {
                    T x = input[i];
                    if ((problem.IsSmallest ? x < best : x > best) || (problem.TakesLast && x == best))
                    {
                        (best, place) = (x, i);
                    }
                }

                *(long*)arguments.OutputBytes[plane] = place;
            }
        }
    }
}
