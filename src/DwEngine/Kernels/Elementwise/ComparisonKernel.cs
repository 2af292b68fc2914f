using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise;

/// <summary>Compares the elements of two operands, of which one may be a single element for each plane; the answers are bytes.</summary>
internal sealed unsafe class ComparisonKernel<TSimd, TVector, TComparison> : KernelRow<ComparisonProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
    where TComparison : struct, IComparison<TComparison>
{
    public override string Name => TComparison.Traits.KernelName;

    public override Isa Isa => TSimd.Isa;

    public override bool Accepts(ComparisonProblem problem) => problem.Operator is TComparison;

    public override BoundKernel Bind(ComparisonProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(ComparisonProblem problem) : BoundKernel
    {
        private readonly PlaneBlocks _blocks = new(problem.Planes, problem.PlaneLength);

        public override string Name => TComparison.Traits.KernelName;

        public override bool ReadsExactly => true;

        public override int TaskCount => _blocks.Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            byte* last = stackalloc byte[TSimd.Lanes];
            for (int block = first; block < end; block++)
            {
                (int plane, int start, int count) = _blocks[block];
                float* left = arguments.Inputs[plane] + (problem.RepeatsLeft ? 0 : start);
                float* right = arguments.Inputs[problem.Planes + plane] + (problem.RepeatsRight ? 0 : start);
                var a = new AnyOperand<TSimd, TVector>(left, problem.RepeatsLeft);
                var b = new AnyOperand<TSimd, TVector>(right, problem.RepeatsRight);
                byte* output = arguments.OutputBytes[plane] + start;
                int i = 0;
                for (; i <= count - TSimd.Lanes; i += TSimd.Lanes)
                {
                    TSimd.StoreMask(output + i, TComparison.Apply<TSimd, TVector>(a.At(i), b.At(i)));
                }

                if (i < count)
                {
                    int rest = count - i;
                    TSimd.StoreMask(last, TComparison.Apply<TSimd, TVector>(a.At(i, rest), b.At(i, rest)));
                    Buffer.MemoryCopy(last, output + i, rest, rest);
                }
            }
        }
    }
}
