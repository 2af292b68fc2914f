using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise;

/// <summary>Compares the elements of two operands, of which one may be a single element for each plane; the answers are bytes.</summary>
internal sealed unsafe class ComparisonKernel<TVector, TComparison> : KernelRow<ComparisonProblem>
    where TVector : struct, IVector<TVector>
    where TComparison : struct, IComparison<TComparison>
{
    public override string Name => TComparison.Traits.KernelName;

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ComparisonProblem problem) => problem.Operator is TComparison;

    protected override BoundKernel Create(ComparisonProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(ComparisonProblem problem) : BoundKernel
    {
        private readonly PlaneBlocks _blocks = new(problem.Planes, problem.PlaneLength);

        public override bool ReadsExactly => true;

        public override int TaskCount => _blocks.Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            byte* last = stackalloc byte[TVector.Lanes];
            for (int block = first; block < end; block++)
            {
                (int plane, int start, int count) = _blocks[block];
                float* left = arguments.Inputs[plane] + (problem.RepeatsLeft ? 0 : start);
                float* right = arguments.Inputs[problem.Planes + plane] + (problem.RepeatsRight ? 0 : start);
                var a = new AnyOperand<TVector>(left, problem.RepeatsLeft);
                var b = new AnyOperand<TVector>(right, problem.RepeatsRight);
                byte* output = arguments.OutputBytes[plane] + start;
                int i = 0;
                for (; i <= count - TVector.Lanes; i += TVector.Lanes)
                {
                    TVector.StoreMask(output + i, TComparison.Apply<TVector>(a.At(i), b.At(i)));
                }

                if (i < count)
                {
                    int rest = count - i;
                    TVector.StoreMask(last, TComparison.Apply<TVector>(a.At(i, rest), b.At(i, rest)));
                    Buffer.MemoryCopy(last, output + i, rest, rest);
                }
            }
        }
    }
}
