using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Pooling;

/// <summary>Max pooling.</summary>
internal sealed class MaxPoolKernel<TVector> : KernelRow<MaxPoolProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "max-pool";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(MaxPoolProblem problem) => WindowGather.Suits(problem.Window);

    protected override BoundKernel Create(MaxPoolProblem problem, PackedWeights weights) => new Bound(problem);

    private readonly struct Maximum : IPoolCombine<TVector>
    {
        public static float Padding => float.NegativeInfinity;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Combine(TVector a, TVector b) => TVector.Max(a, b);
    }

    private sealed class Bound(MaxPoolProblem problem) : WindowPool<TVector, Maximum>(problem);
}
