using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise;

/// <summary>Applies an operator to each element.</summary>
internal sealed unsafe class UnaryKernel<TVector, TOperator> : KernelRow<UnaryProblem>
    where TVector : struct, IVector<TVector>
    where TOperator : struct, IUnaryOperator<TOperator>
{
    public override string Name => TOperator.Traits.KernelName;

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(UnaryProblem problem) => problem.Operator is TOperator;

    protected override BoundKernel Create(UnaryProblem problem, PackedWeights weights) =>
        new Bound((TOperator)problem.Operator, new PlaneBlocks(problem.Planes, problem.PlaneLength));

    private sealed class Bound(TOperator operation, PlaneBlocks blocks) : BoundKernel
    {
        public override bool ReadsExactly => true;

        public override int TaskCount => blocks.Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            TOperator function = operation;
            for (int block = first; block < end; block++)
            {
                (int plane, int start, int count) = blocks[block];
                float* input = arguments.Inputs[plane] + start, output = arguments.Outputs[plane] + start;
                int i = 0;
                for (; i <= count - TVector.Lanes; i += TVector.Lanes)
                {
                    TVector.Store(output + i, function.Apply<TVector>(TVector.Load(input + i)));
                }

                if (i < count)
                {
                    TVector rest = TVector.LoadPartial(input + i, count - i);
                    TVector.StorePartial(output + i, function.Apply<TVector>(rest), count - i);
                }
            }
        }
    }
}
