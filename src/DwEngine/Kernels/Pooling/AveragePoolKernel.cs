using System.Runtime.CompilerServices;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Pooling;

/// <summary>Average pooling: the sum under each window times the reciprocal of the number of values that count.</summary>
internal sealed unsafe class AveragePoolKernel<TSimd, TVector> : KernelRow<AveragePoolProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public override string Name => "average-pool";

    public override Isa Isa => TSimd.Isa;

    public override bool Accepts(AveragePoolProblem problem) => true;

    public override BoundKernel Bind(AveragePoolProblem problem, PackedWeights weights) => new Bound(problem);

    private readonly struct Total : IPoolCombine<TVector>
    {
        public static float Padding => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Combine(TVector a, TVector b) => TSimd.Add(a, b);
    }

    private sealed class Bound : WindowPool<TSimd, TVector, Total>
    {
        private readonly AlignedBuffer _reciprocals;

        public Bound(AveragePoolProblem problem) : base(problem)
        {
            Window window = problem.Window;
            int height = window.OutputHeight(problem.InputHeight);
            int width = window.OutputWidth(problem.InputWidth);
            _reciprocals = new AlignedBuffer((long)height * width * sizeof(float));
            Span<float> reciprocals = _reciprocals.AsSpan();
            for (int y = 0; y < height; y++)
            {
                int rows = Count(y * window.StrideY, window.PadTop, window.KernelHeight, window.DilationY, problem.InputHeight, problem.CountIncludePad);
                for (int x = 0; x < width; x++)
                {
                    int columns = Count(x * window.StrideX, window.PadLeft, window.KernelWidth, window.DilationX, problem.InputWidth, problem.CountIncludePad);
                    reciprocals[(y * width) + x] = 1f / (rows * columns);
                }
            }
        }

        public override string Name => "average-pool";

        protected override TVector Finish(TVector value, int pixel, int lanes) =>
            TSimd.Multiply(value, TSimd.LoadPartial(_reciprocals.Floats + pixel, lanes));

        private static int Count(int position, int padding, int kernel, int dilation, int length, bool countIncludePad)
        {
            int count = 0;
            for (int k = 0; k < kernel; k++)
            {
                int index = position - padding + (k * dilation);
                count += countIncludePad || (index >= 0 && index < length) ? 1 : 0;
            }

            return count;
        }
    }
}
