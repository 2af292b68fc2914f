using System.Runtime.CompilerServices;
using DwEngine.Kernels.Reductions;
using DwEngine.Simd;

namespace DwEngine.Kernels.Normalization;

/// <summary>Normalises groups of planes. The mean is taken first, then the mean square of what differs from it.</summary>
internal sealed unsafe class NormalizationKernel<TVector> : KernelRow<NormalizationProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "normalize";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(NormalizationProblem problem) => problem.Form != ScaleForm.Elements || problem.GroupPlanes == 1;

    protected override BoundKernel Create(NormalizationProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(NormalizationProblem problem) : BoundKernel
    {
        public override bool ReadsExactly => true;

        public override int TaskCount => problem.Groups;

        // A task is a group.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            int planes = problem.GroupPlanes, length = problem.PlaneLength;
            float* scales = problem.Form == ScaleForm.None ? null : arguments.Inputs[problem.Groups * planes];
            float* shifts = problem.HasShift ? arguments.Inputs[(problem.Groups * planes) + 1] : null;
            for (int group = first; group < end; group++)
            {
                float** inputs = arguments.Inputs + ((nint)group * planes);
                float mean = ReductionRow<TVector, MeanReduction>.Run(inputs, planes, length);
                double variance = ReductionRow<TVector, VarianceReduction>.Run(inputs, planes, length, mean);
                float factor = (float)(1 / Math.Sqrt(variance + problem.Epsilon));
                for (int i = 0; i < planes; i++)
                {
                    int plane = (group * planes) + i, channel = plane % problem.Channels;
                    float* output = arguments.Outputs[plane];
                    if (problem.Form == ScaleForm.Elements)
                    {
                        Elements(inputs[i], output, mean, factor, scales, shifts);
                    }
                    else
                    {
                        float scale = scales == null ? factor : factor * scales[channel];
                        Plane(inputs[i], output, mean, scale, shifts == null ? 0 : shifts[channel]);
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Plane(float* input, float* output, float mean, float scale, float shift)
        {
            int length = problem.PlaneLength, lanes = TVector.Lanes, i = 0;
            TVector m = TVector.Broadcast(mean), a = TVector.Broadcast(scale), b = TVector.Broadcast(shift);
            for (; i <= length - lanes; i += lanes)
            {
                TVector.Store(output + i, TVector.MultiplyAdd(TVector.Subtract(TVector.Load(input + i), m), a, b));
            }

            if (i < length)
            {
                TVector rest = TVector.Subtract(TVector.LoadPartial(input + i, length - i), m);
                TVector.StorePartial(output + i, TVector.MultiplyAdd(rest, a, b), length - i);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Elements(float* input, float* output, float mean, float factor, float* scales, float* shifts)
        {
            int length = problem.PlaneLength, lanes = TVector.Lanes;
            TVector m = TVector.Broadcast(mean), f = TVector.Broadcast(factor), zero = TVector.Broadcast(0);
            for (int i = 0; i < length; i += lanes)
            {
                int rest = Math.Min(lanes, length - i);
                TVector x = TVector.Multiply(TVector.Subtract(Load(input + i, rest), m), f);
                TVector y = TVector.MultiplyAdd(x, Load(scales + i, rest), shifts == null ? zero : Load(shifts + i, rest));
                if (rest == lanes)
                {
                    TVector.Store(output + i, y);
                }
                else
                {
                    TVector.StorePartial(output + i, y, rest);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Load(float* source, int count) =>
            count == TVector.Lanes ? TVector.Load(source) : TVector.LoadPartial(source, count);
    }

    // The mean square of the difference from a number.
    private readonly struct VarianceReduction : IReduction
    {
        public static float Start => 0;

        public static bool PadsWithShift => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TOther Step<TOther>(TOther sum, TOther x, TOther shift)
            where TOther : struct, IVector<TOther>
        {
            TOther difference = TOther.Subtract(x, shift);
            return TOther.MultiplyAdd(difference, difference, sum);
        }

        public static float Finish(double total, long count, float shift) => (float)(total / count);
    }
}
