using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Pooling;

/// <summary>Max pooling with windows of any size.</summary>
internal sealed class DirectMaxPoolKernel<TVector> : KernelRow<MaxPoolProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "max-pool-direct";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(MaxPoolProblem problem) => true;

    protected override BoundKernel Create(MaxPoolProblem problem, PackedWeights weights) => new Bound(problem);

    private readonly struct Reduction : IPoolReduction
    {
        public static double Start => double.NegativeInfinity;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static double Add(double reduced, float pixel) => Math.Max(reduced, pixel);
    }

    private sealed class Bound(MaxPoolProblem problem) : DirectPool<Reduction>(problem)
    {
        protected override float Finish(double reduced, int row, int column) => (float)reduced;
    }
}
