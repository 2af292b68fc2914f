using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Planewise;

/// <summary>Scales, shifts and clamps each channel.</summary>
internal sealed unsafe class ScaleShiftKernel<TSimd, TVector> : KernelRow<ScaleShiftProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public override string Name => "scale-shift";

    public override Isa Isa => TSimd.Isa;

    public override bool Accepts(ScaleShiftProblem problem) => true;

    public override BoundKernel Bind(ScaleShiftProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(ScaleShiftProblem problem) : BoundKernel
    {
        public override string Name => "scale-shift";

        public override bool ReadsExactly => true;

        public override int TaskCount => checked(problem.Batch * problem.Channels);

        // A task is one plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            TVector low = TSimd.Broadcast(problem.Clamp.Low), high = TSimd.Broadcast(problem.Clamp.High);
            int length = problem.PlaneLength;
            for (int plane = first; plane < end; plane++)
            {
                int channel = plane % problem.Channels;
                TVector scale = TSimd.Broadcast(problem.Scale is null ? 1 : problem.Scale[channel]);
                // Adding -0 changes no value, not even the sign of a zero.
                TVector shift = TSimd.Broadcast(problem.Shift is null ? -0f : problem.Shift[channel]);
                float* input = arguments.Inputs[plane];
                float* output = arguments.Outputs[plane];
                int i = 0;
                for (; i <= length - TSimd.Lanes; i += TSimd.Lanes)
                {
                    TSimd.Store(output + i, TSimd.Clamp(TSimd.MultiplyAdd(scale, TSimd.Load(input + i), shift), low, high));
                }

                if (i < length)
                {
                    TVector rest = TSimd.MultiplyAdd(scale, TSimd.LoadPartial(input + i, length - i), shift);
                    TSimd.StorePartial(output + i, TSimd.Clamp(rest, low, high), length - i);
                }
            }
        }
    }
}
