using System.Numerics;
using System.Runtime.CompilerServices;
using DwEngine.Kernels.Integers;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Reductions;

/// <summary>Reduces whole numbers, one after the other. Results that an element has no room for wrap around.</summary>
internal sealed unsafe class IntegerReductionKernel<TVector> : KernelRow<ReductionProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "reduce-integers";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ReductionProblem problem) => problem.Type.IsInteger() && problem.Operator.TakesIntegers();

    protected override BoundKernel Create(ReductionProblem problem, PackedWeights weights) => problem.Type switch
    {
        ElementType.Int64 => new Bound<long>(problem),
        ElementType.Int32 => new Bound<int>(problem),
        ElementType.Int16 => new Bound<short>(problem),
        ElementType.Int8 => new Bound<sbyte>(problem),
        _ => new Bound<byte>(problem),
    };

    private sealed class Bound<T>(ReductionProblem problem) : BoundKernel
        where T : unmanaged, IBinaryInteger<T>
    {
        public override bool ReadsExactly => true;

        public override int TaskCount => problem.Groups;

        // A task is a group.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            for (int group = first; group < end; group++)
            {
                byte** planes = arguments.InputBytes + ((nint)group * problem.GroupPlanes);
                T* output = (T*)arguments.OutputBytes[group];
                for (int i = 0; i < problem.OutputLength; i++)
                {
                    output[i] = Reduce(planes, problem.KeepsPlanes ? i : 0, problem.KeepsPlanes ? 1 : problem.PlaneLength);
                }
            }
        }

        // Sums wrap around at 64 bits, of which an element keeps the lowest.
        private T Reduce(byte** planes, int start, int length)
        {
            long total = problem.Operator == ReductionOperator.Prod ? 1 : 0;
            T extreme = ((T*)planes[0])[start];
            for (int plane = 0; plane < problem.GroupPlanes; plane++)
            {
                T* numbers = (T*)planes[plane] + start;
                for (int i = 0; i < length; i++)
                {
                    long x = long.CreateTruncating(numbers[i]);
                    switch (problem.Operator)
                    {
                        case ReductionOperator.Max: extreme = T.Max(extreme, numbers[i]); break;
                        case ReductionOperator.Min: extreme = T.Min(extreme, numbers[i]); break;
                        case ReductionOperator.Prod: total *= x; break;
                        case ReductionOperator.L1: total += x < 0 ? -x : x; break;
                        case ReductionOperator.SumSquare: total += x * x; break;
                        default: total += x; break;
                    }
                }
            }

            return problem.Operator switch
            {
                ReductionOperator.Max or ReductionOperator.Min => extreme,
                ReductionOperator.Mean => T.CreateTruncating(total / problem.Count),
                _ => T.CreateTruncating(total),
            };
        }
    }
}
