using DwEngine.Simd;

namespace DwEngine.Kernels.Pooling;

/// <summary>
/// Max pooling with a 3x3 window, stride 2 and at most one row or column of padding on each side, row by row.
/// </summary>
internal sealed unsafe class MaxPool3x3Stride2Kernel<TVector> : KernelRow<MaxPoolProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "max-pool-3x3-s2";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(MaxPoolProblem problem) => MaxPoolProblem.IsRowByRow(problem.Window);

    protected override BoundKernel Create(MaxPoolProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(MaxPoolProblem problem) : BoundKernel
    {
        private readonly int _height = problem.Window.OutputHeight(problem.InputHeight);
        private readonly int _width = problem.Window.OutputWidth(problem.InputWidth);

        public override bool ReadsExactly => true;

        public override int TaskCount => problem.Planes;

        // A task is one plane.
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            int width = problem.InputWidth;
            Window window = problem.Window;
            for (int plane = first; plane < end; plane++)
            {
                float* output = arguments.Outputs[plane];
                for (int y = 0; y < _height; y++, output += _width)
                {
                    // A row of padding changes nothing, so the row beside it stands in for it.
                    int row = (2 * y) + 1 - window.PadTop;
                    float* centre = arguments.Inputs[plane] + ((nint)row * width);
                    float* above = row == 0 ? centre : centre - width, below = row + 1 == problem.InputHeight ? centre : centre + width;
                    MaxPoolRow<TVector>.Run(above, centre, below, width, window.PadLeft, output, _width);
                }
            }
        }
    }
}
