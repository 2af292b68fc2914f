using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Planewise;

/// <summary>Scales, shifts and clamps each channel.</summary>
internal sealed unsafe class ScaleShiftKernel<TVector> : KernelRow<ScaleShiftProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "scale-shift";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ScaleShiftProblem problem) => true;

    protected override BoundKernel Create(ScaleShiftProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(ScaleShiftProblem problem) : BoundKernel
    {
        public override bool ReadsExactly => true;

        public override int TaskCount => checked(problem.Batch * problem.Channels);

        // A task is one plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            TVector low = TVector.Broadcast(problem.Clamp.Low), high = TVector.Broadcast(problem.Clamp.High);
            int length = problem.PlaneLength;
            for (int plane = first; plane < end; plane++)
            {
                int channel = plane % problem.Channels;
                TVector scale = TVector.Broadcast(problem.Scale is null ? 1 : problem.Scale[channel]);
                // Adding -0 changes no value, not even the sign of a zero.
                TVector shift = TVector.Broadcast(problem.Shift is null ? -0f : problem.Shift[channel]);
                float* input = arguments.Inputs[plane];
                float* output = arguments.Outputs[plane];
                int i = 0;
                for (; i <= length - TVector.Lanes; i += TVector.Lanes)
                {
                    TVector.Store(output + i, TVector.Clamp(TVector.MultiplyAdd(scale, TVector.Load(input + i), shift), low, high));
                }

                if (i < length)
                {
                    TVector rest = TVector.MultiplyAdd(scale, TVector.LoadPartial(input + i, length - i), shift);
                    TVector.StorePartial(output + i, TVector.Clamp(rest, low, high), length - i);
                }
            }
        }
    }
}
