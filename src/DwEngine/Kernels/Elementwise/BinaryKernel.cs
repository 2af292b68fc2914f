using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise;

/// <summary>Applies an operator to the elements of two operands, of which one may be a single element for each plane.</summary>
internal sealed unsafe class BinaryKernel<TSimd, TVector, TOperator> : KernelRow<BinaryProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
    where TOperator : struct, IBinaryOperator<TOperator>
{
    public override string Name => TOperator.Traits.KernelName;

    public override Isa Isa => TSimd.Isa;

    public override bool Accepts(BinaryProblem problem) => problem.Operator is TOperator;

    public override BoundKernel Bind(BinaryProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(BinaryProblem problem) : BoundKernel
    {
        private readonly PlaneBlocks _blocks = new(problem.Planes, problem.PlaneLength);

        public override string Name => TOperator.Traits.KernelName;

        public override bool ReadsExactly => true;

        public override int TaskCount => _blocks.Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            for (int block = first; block < end; block++)
            {
                (int plane, int start, int count) = _blocks[block];
                float* left = arguments.Inputs[plane], right = arguments.Inputs[problem.Planes + plane];
                float* output = arguments.Outputs[plane] + start;
                if (problem.RepeatsLeft)
                {
                    Sweep(new RepeatedOperand<TSimd, TVector>(left), Whole(right + start), output, count, problem.Clamp);
                }
                else if (problem.RepeatsRight)
                {
                    Sweep(Whole(left + start), new RepeatedOperand<TSimd, TVector>(right), output, count, problem.Clamp);
                }
                else
                {
                    Sweep(Whole(left + start), Whole(right + start), output, count, problem.Clamp);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Sweep<TLeft, TRight>(TLeft left, TRight right, float* output, int count, Clamp clamp)
            where TLeft : struct, IOperand<TVector>
            where TRight : struct, IOperand<TVector>
        {
            TVector low = TSimd.Broadcast(clamp.Low), high = TSimd.Broadcast(clamp.High);
            int i = 0;
            for (; i <= count - TSimd.Lanes; i += TSimd.Lanes)
            {
                TSimd.Store(output + i, TSimd.Clamp(TOperator.Apply<TSimd, TVector>(left.At(i), right.At(i)), low, high));
            }

            if (i < count)
            {
                int rest = count - i;
                TVector result = TOperator.Apply<TSimd, TVector>(left.At(i, rest), right.At(i, rest));
                TSimd.StorePartial(output + i, TSimd.Clamp(result, low, high), rest);
            }
        }

        private static WholeOperand<TSimd, TVector> Whole(float* elements) => new(elements);
    }
}
