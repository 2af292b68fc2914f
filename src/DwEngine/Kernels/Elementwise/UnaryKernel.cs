using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise;

/// <summary>Applies an operator to each element.</summary>
internal sealed unsafe class UnaryKernel<TSimd, TVector, TOperator> : KernelRow<UnaryProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
    where TOperator : struct, IUnaryOperator<TOperator>
{
    public override string Name => TOperator.Traits.KernelName;

    public override Isa Isa => TSimd.Isa;

    public override bool Accepts(UnaryProblem problem) => problem.Operator is TOperator;

    public override BoundKernel Bind(UnaryProblem problem, PackedWeights weights) =>
        new Bound((TOperator)problem.Operator, new PlaneBlocks(problem.Planes, problem.PlaneLength));

    private sealed class Bound(TOperator operation, PlaneBlocks blocks) : BoundKernel
    {
        public override string Name => TOperator.Traits.KernelName;

        public override bool ReadsExactly => true;

        public override int TaskCount => blocks.Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            TOperator function = operation;
            for (int block = first; block < end; block++)
            {
                (int plane, int start, int count) = blocks[block];
                float* input = arguments.Inputs[plane] + start, output = arguments.Outputs[plane] + start;
                int i = 0;
                for (; i <= count - TSimd.Lanes; i += TSimd.Lanes)
                {
                    TSimd.Store(output + i, function.Apply<TSimd, TVector>(TSimd.Load(input + i)));
                }

                if (i < count)
                {
                    TVector rest = TSimd.LoadPartial(input + i, count - i);
                    TSimd.StorePartial(output + i, function.Apply<TSimd, TVector>(rest), count - i);
                }
            }
        }
    }
}
