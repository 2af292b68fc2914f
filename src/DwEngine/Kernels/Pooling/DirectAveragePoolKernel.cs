using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Pooling;

/// <summary>Average pooling with windows of any size.</summary>
internal sealed class DirectAveragePoolKernel<TVector> : KernelRow<AveragePoolProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "average-pool-direct";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(AveragePoolProblem problem) => true;

    protected override BoundKernel Create(AveragePoolProblem problem, PackedWeights weights) => new Bound(problem);

    private readonly struct Reduction : IPoolReduction
    {
        public static double Start => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static double Add(double reduced, float pixel) => reduced + pixel;
    }

    private sealed class Bound(AveragePoolProblem problem) : DirectPool<Reduction>(problem)
    {
        private readonly AveragePoolProblem _problem = problem;

        protected override float Finish(double reduced, int row, int column) =>
            (float)(reduced / ((long)_problem.Counted.Rows(_problem.Window, row, _problem.InputHeight)
                * _problem.Counted.Columns(_problem.Window, column, _problem.InputWidth)));
    }
}
