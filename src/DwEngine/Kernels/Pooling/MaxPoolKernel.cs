using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Pooling;

/// <summary>Max pooling.</summary>
internal sealed class MaxPoolKernel<TSimd, TVector> : KernelRow<MaxPoolProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public override string Name => "max-pool";

    public override Isa Isa => TSimd.Isa;

    public override bool Accepts(MaxPoolProblem problem) => WindowGather.Suits(problem.Window);

    public override BoundKernel Bind(MaxPoolProblem problem, PackedWeights weights) => new Bound(problem);

    private readonly struct Maximum : IPoolCombine<TVector>
    {
        public static float Padding => float.NegativeInfinity;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Combine(TVector a, TVector b) => TSimd.Max(a, b);
    }

    private sealed class Bound(MaxPoolProblem problem) : WindowPool<TSimd, TVector, Maximum>(problem)
    {
        public override string Name => "max-pool";

        protected override TVector Finish(TVector value, int pixel, int lanes) => value;
    }
}
