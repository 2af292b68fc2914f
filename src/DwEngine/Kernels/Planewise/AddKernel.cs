using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Planewise;

/// <summary>Adds two activations.</summary>
internal sealed unsafe class AddKernel<TSimd, TVector> : KernelRow<AddProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public override string Name => "add";

    public override Isa Isa => TSimd.Isa;

    public override bool Accepts(AddProblem problem) => true;

    public override BoundKernel Bind(AddProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(AddProblem problem) : BoundKernel
    {
        public override string Name => "add";

        public override bool ReadsExactly => true;

        public override int TaskCount => problem.Planes;

        // A task is one plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            TVector low = TSimd.Broadcast(problem.Clamp.Low), high = TSimd.Broadcast(problem.Clamp.High);
            int length = problem.PlaneLength;
            for (int plane = first; plane < end; plane++)
            {
                float* left = arguments.Inputs[plane];
                float* right = arguments.Inputs[problem.Planes + plane];
                float* output = arguments.Outputs[plane];
                int i = 0;
                for (; i <= length - TSimd.Lanes; i += TSimd.Lanes)
                {
                    TSimd.Store(output + i, TSimd.Clamp(TSimd.Add(TSimd.Load(left + i), TSimd.Load(right + i)), low, high));
                }

                if (i < length)
                {
                    int rest = length - i;
                    TVector sum = TSimd.Add(TSimd.LoadPartial(left + i, rest), TSimd.LoadPartial(right + i, rest));
                    TSimd.StorePartial(output + i, TSimd.Clamp(sum, low, high), rest);
                }
            }
        }
    }
}
