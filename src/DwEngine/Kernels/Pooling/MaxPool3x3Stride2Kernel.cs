using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Pooling;

/// <summary>
/// Max pooling with a 3x3 window, stride 2 and padding 1 over planes of even width: three rows become one, of which even and odd columns are then compared.
/// </summary>
internal sealed unsafe class MaxPool3x3Stride2Kernel<TSimd, TVector> : KernelRow<MaxPoolProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public override string Name => "max-pool-3x3-s2";

    public override Isa Isa => TSimd.Isa;

    // With an odd width the last window would see a column of padding on the right.
    public override bool Accepts(MaxPoolProblem problem) =>
        problem.Window == Window.Square(3, stride: 2, padding: 1) && problem.InputWidth % 2 == 0;

    public override BoundKernel Bind(MaxPoolProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(MaxPoolProblem problem) : BoundKernel
    {
        private readonly int _height = problem.Window.OutputHeight(problem.InputHeight);
        private readonly int _width = problem.Window.OutputWidth(problem.InputWidth);

        public override string Name => "max-pool-3x3-s2";

        public override bool ReadsExactly => true;

        public override int TaskCount => problem.Planes;

        // A task is one plane.
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            int width = problem.InputWidth;
            for (int plane = first; plane < end; plane++)
            {
                float* output = arguments.Outputs[plane];
                for (int y = 0; y < _height; y++, output += _width)
                {
                    // A row of padding changes nothing, so the row beside it stands in for it.
                    float* centre = arguments.Inputs[plane] + ((nint)2 * y * width);
                    Row(y == 0 ? centre : centre - width, centre, (2 * y) + 1 == problem.InputHeight ? centre : centre + width, output);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Row(float* above, float* centre, float* below, float* output)
        {
            int lanes = TSimd.Lanes, inputs = problem.InputWidth;
            TVector oddBefore = TSimd.Broadcast(float.NegativeInfinity);
            for (int x = 0; x < _width; x += lanes)
            {
                int column = 2 * x, rest = inputs - column;
                TVector low, high;
                if (rest >= 2 * lanes)
                {
                    low = TSimd.Max(TSimd.Max(TSimd.Load(above + column), TSimd.Load(centre + column)), TSimd.Load(below + column));
                    column += lanes;
                    high = TSimd.Max(TSimd.Max(TSimd.Load(above + column), TSimd.Load(centre + column)), TSimd.Load(below + column));
                }
                else
                {
                    low = TSimd.Max(
                        TSimd.Max(TSimd.LoadRange(above + column, 0, rest), TSimd.LoadRange(centre + column, 0, rest)),
                        TSimd.LoadRange(below + column, 0, rest));
                    column += lanes;
                    rest -= lanes;
                    high = TSimd.Max(
                        TSimd.Max(TSimd.LoadRange(above + column, 0, rest), TSimd.LoadRange(centre + column, 0, rest)),
                        TSimd.LoadRange(below + column, 0, rest));
                }

                TVector odd = TSimd.Odd(low, high);
                TVector largest = TSimd.Max(TSimd.Max(TSimd.Even(low, high), odd), TSimd.ShiftUp(oddBefore, odd));
                oddBefore = odd;
                TSimd.StorePartial(output + x, largest, Math.Min(lanes, _width - x));
            }
        }
    }
}
