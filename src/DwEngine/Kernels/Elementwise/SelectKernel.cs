using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise;

/// <summary>
/// Takes each element from one of two operands, as a condition of bytes says. Each of the three may be a single element for each plane.
/// </summary>
internal sealed unsafe class SelectKernel<TVector> : KernelRow<SelectProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "select";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(SelectProblem problem) => problem.ElementSize == sizeof(float);

    protected override BoundKernel Create(SelectProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(SelectProblem problem) : BoundKernel
    {
        private readonly PlaneBlocks _blocks = new(problem.Planes, problem.PlaneLength);

        public override bool ReadsExactly => true;

        public override int TaskCount => _blocks.Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            byte* mask = stackalloc byte[TVector.Lanes];
            for (int block = first; block < end; block++)
            {
                (int plane, int start, int count) = _blocks[block];
                byte* condition = arguments.InputBytes[plane];
                float* left = arguments.Inputs[problem.Planes + plane] + (problem.RepeatsLeft ? 0 : start);
                float* right = arguments.Inputs[(2 * problem.Planes) + plane] + (problem.RepeatsRight ? 0 : start);
                var a = new AnyOperand<TVector>(left, problem.RepeatsLeft);
                var b = new AnyOperand<TVector>(right, problem.RepeatsRight);
                float* output = arguments.Outputs[plane] + start;
                if (problem.RepeatsCondition)
                {
                    new Span<byte>(mask, TVector.Lanes).Fill(*condition);
                }
                else
                {
                    condition += start;
                }

                int i = 0;
                for (; i <= count - TVector.Lanes; i += TVector.Lanes)
                {
                    TVector taken = TVector.LoadMask(problem.RepeatsCondition ? mask : condition + i);
                    TVector.Store(output + i, TVector.Select(taken, a.At(i), b.At(i)));
                }

                if (i < count)
                {
                    int rest = count - i;
                    if (!problem.RepeatsCondition)
                    {
                        Buffer.MemoryCopy(condition + i, mask, rest, rest);
                    }

                    TVector.StorePartial(output + i, TVector.Select(TVector.LoadMask(mask), a.At(i, rest), b.At(i, rest)), rest);
                }
            }
        }
    }
}
