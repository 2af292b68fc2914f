using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise;

/// <summary>Applies an operator to the elements of two operands, of which one may be a single element for each plane.</summary>
internal sealed unsafe class BinaryKernel<TVector, TOperator> : KernelRow<BinaryProblem>
    where TVector : struct, IVector<TVector>
    where TOperator : struct, IBinaryOperator<TOperator>
{
    public override string Name => TOperator.Traits.KernelName;

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(BinaryProblem problem) => problem.Operator is TOperator;

    protected override BoundKernel Create(BinaryProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(BinaryProblem problem) : BoundKernel
    {
        private readonly Epilogue _epilogue = new(problem.Activation, TVector.Isa);
        private readonly PlaneBlocks _blocks = new(problem.Planes, problem.PlaneLength);

        public override bool ReadsExactly => true;

        public override int TaskCount => _blocks.Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            for (int block = first; block < end; block++)
            {
                (int plane, int start, int count) = _blocks[block];
                float* left = arguments.Inputs[plane], right = arguments.Inputs[problem.Planes + plane];
                float* output = arguments.Outputs[plane] + start;
                if (problem.RepeatsLeft)
                {
                    Sweep(new RepeatedOperand<TVector>(left), Whole(right + start), output, count, _epilogue.Clamp);
                }
                else if (problem.RepeatsRight)
                {
                    Sweep(Whole(left + start), new RepeatedOperand<TVector>(right), output, count, _epilogue.Clamp);
                }
                else
                {
                    Sweep(Whole(left + start), Whole(right + start), output, count, _epilogue.Clamp);
                }

                _epilogue.Finish(arguments, plane, 1, start, count);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private static void Sweep<TLeft, TRight>(TLeft left, TRight right, float* output, int count, Clamp clamp)
            where TLeft : struct, IOperand<TVector>
            where TRight : struct, IOperand<TVector>
        {
            TVector low = TVector.Broadcast(clamp.Low), high = TVector.Broadcast(clamp.High);
            int i = 0;
            for (; i <= count - TVector.Lanes; i += TVector.Lanes)
            {
                TVector.Store(output + i, TVector.Clamp(TOperator.Apply<TVector>(left.At(i), right.At(i)), low, high));
            }

            if (i < count)
            {
                int rest = count - i;
                TVector result = TOperator.Apply<TVector>(left.At(i, rest), right.At(i, rest));
                TVector.StorePartial(output + i, TVector.Clamp(result, low, high), rest);
            }
        }

        private static WholeOperand<TVector> Whole(float* elements) => new(elements);
    }
}
