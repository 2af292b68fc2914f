using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Pooling;

/// <summary>The mean of each plane.</summary>
internal sealed unsafe class GlobalAveragePoolKernel<TSimd, TVector> : KernelRow<GlobalAveragePoolProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public override string Name => "global-average-pool";

    public override Isa Isa => TSimd.Isa;

    public override bool Accepts(GlobalAveragePoolProblem problem) => true;

    public override BoundKernel Bind(GlobalAveragePoolProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(GlobalAveragePoolProblem problem) : BoundKernel
    {
        public override string Name => "global-average-pool";

        public override bool ReadsExactly => true;

        public override int TaskCount => problem.Planes;

        // A task is one plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            int length = problem.PlaneLength;
            int lanes = TSimd.Lanes;
            for (int plane = first; plane < end; plane++)
            {
                float* input = arguments.Inputs[plane];
                TVector even = TSimd.Broadcast(0), odd = TSimd.Broadcast(0);
                int i = 0;
                for (; i <= length - (2 * lanes); i += 2 * lanes)
                {
                    even = TSimd.Add(even, TSimd.Load(input + i));
                    odd = TSimd.Add(odd, TSimd.Load(input + i + lanes));
                }

                for (; i < length; i += lanes)
                {
                    even = TSimd.Add(even, TSimd.LoadPartial(input + i, Math.Min(lanes, length - i)));
                }

                *arguments.Outputs[plane] = TSimd.Sum(TSimd.Add(even, odd)) / length;
            }
        }
    }
}
