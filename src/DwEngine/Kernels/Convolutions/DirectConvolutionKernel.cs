using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// Convolution with any window and any groups, pixel by pixel over the taps that fall on pixels. It needs no scratch memory, so it serves
/// windows of too many taps to be gathered, such as those that lie on padding for the most part.
/// </summary>
internal sealed unsafe class DirectConvolutionKernel<TVector> : KernelRow<ConvolutionProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "direct";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ConvolutionProblem problem) => true;

    protected override BoundKernel Create(ConvolutionProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(ConvolutionProblem problem) : BoundKernel
    {
        private readonly ConvolutionGeometry _geometry = problem.Geometry;
        private readonly Epilogue _epilogue = problem.EpilogueFor(TVector.Isa);
        private readonly int _height = problem.Geometry.OutputHeight;
        private readonly int _width = problem.Geometry.OutputWidth;

        public override bool ReadsExactly => true;

        public override int TaskCount => checked(problem.Batch * _geometry.OutputChannels);

        // A task is one output plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            Clamp clamp = _epilogue.Clamp;
            fixed (float* weights = problem.Weights.Floats)
            {
                for (int task = first; task < end; task++)
                {
                    int channel = task % _geometry.OutputChannels, group = channel / _geometry.GroupOutputChannels;
                    nint inputPlane = ((nint)(task / _geometry.OutputChannels) * _geometry.InputChannels)
                        + ((nint)group * _geometry.GroupInputChannels);
                    float* kernels = weights + ((nint)channel * _geometry.GroupInputChannels * _geometry.Window.Taps);
                    double bias = problem.Bias is null ? 0 : problem.Bias.Floats[channel];
                    float* output = arguments.Outputs[task];
                    for (int y = 0; y < _height; y++)
                    {
                        TapRange rows = TapRange.Rows(_geometry.Window, y, _geometry.InputHeight);
                        for (int x = 0; x < _width; x++)
                        {
                            TapRange columns = TapRange.Columns(_geometry.Window, x, _geometry.InputWidth);
                            float value = (float)(bias + Sum(arguments.Inputs + inputPlane, kernels, rows, columns));
                            value = value < clamp.Low ? clamp.Low : value;
                            *output++ = value > clamp.High ? clamp.High : value;
                        }
                    }

                    _epilogue.Finish(arguments, task, 1, 0, _height * _width);
                }
            }
        }

        // In double precision: so many summands would lose too much in single precision.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private double Sum(float** planes, float* kernels, TapRange rows, TapRange columns)
        {
            Window window = _geometry.Window;
            double sum = 0;
            for (int channel = 0; channel < _geometry.GroupInputChannels; channel++, kernels += window.Taps)
            {
                for (int i = 0; i < rows.Count; i++)
                {
                    float* input = planes[channel]
                        + (nint)(((rows.FirstPixel + ((long)i * window.DilationY)) * _geometry.InputWidth) + columns.FirstPixel);
                    float* kernel = kernels + ((nint)(rows.First + i) * window.KernelWidth) + columns.First;
                    for (int j = 0; j < columns.Count; j++)
                    {
                        sum += (double)kernel[j] * input[(nint)j * window.DilationX];
                    }
                }
            }

            return sum;
        }
    }
}
