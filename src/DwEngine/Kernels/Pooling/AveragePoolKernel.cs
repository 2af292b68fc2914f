using System.Runtime.CompilerServices;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Pooling;

/// <summary>Average pooling: the sum under each window times the reciprocal of the number of values that count.</summary>
internal sealed unsafe class AveragePoolKernel<TVector> : KernelRow<AveragePoolProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "average-pool";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(AveragePoolProblem problem) => WindowGather.Suits(problem.Window);

    protected override BoundKernel Create(AveragePoolProblem problem, PackedWeights weights) =>
        new Bound(problem, weights);

    private readonly struct Total : IPoolCombine<TVector>
    {
        public static float Padding => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Combine(TVector a, TVector b) => TVector.Add(a, b);
    }

    private sealed class Bound : WindowPool<TVector, Total>
    {
        private readonly AlignedBuffer _reciprocals;

        public Bound(AveragePoolProblem problem, PackedWeights weights) : base(problem) => _reciprocals = weights.Get(
            typeof(AveragePoolKernel<TVector>),
            $"reciprocals {problem.InputHeight} {problem.InputWidth} {problem.Window} {problem.Counted}",
            () => Reciprocals(problem));

        protected override float* Factors => _reciprocals.Floats;

        private static AlignedBuffer Reciprocals(AveragePoolProblem problem)
        {
            Window window = problem.Window;
            int height = window.OutputHeight(problem.InputHeight);
            int width = window.OutputWidth(problem.InputWidth);
            var reciprocals = new AlignedBuffer((long)height * width * sizeof(float));
            float* next = reciprocals.Floats;
            int[] columns = [.. Enumerable.Range(0, width).Select(x => problem.Counted.Columns(window, x, problem.InputWidth))];
            for (int y = 0; y < height; y++)
            {
                int rows = problem.Counted.Rows(window, y, problem.InputHeight);
                for (int x = 0; x < width; x++)
                {
                    *next++ = 1f / (rows * columns[x]);
                }
            }

            return reciprocals;
        }
    }
}
