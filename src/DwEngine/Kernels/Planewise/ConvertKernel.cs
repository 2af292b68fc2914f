using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Planewise;

/// <summary>Makes floats of bytes, scaled and shifted for each channel.</summary>
internal sealed unsafe class ConvertKernel<TVector> : KernelRow<ConvertProblem>
    where TVector : struct, IVector<TVector>
{
    // No vocabulary has more lanes.
    private const int MostLanes = 16;

    public override string Name => "convert";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ConvertProblem problem) => true;

    protected override BoundKernel Create(ConvertProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(ConvertProblem problem) : BoundKernel
    {
        public override bool ReadsExactly => true;

        public override int TaskCount => checked(problem.Batch * problem.Channels);

        // A task is one plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            byte* rest = stackalloc byte[MostLanes];
            int length = problem.PlaneLength;
            for (int plane = first; plane < end; plane++)
            {
                int channel = plane % problem.Channels;
                TVector scale = TVector.Broadcast(problem.Scale[channel]), shift = TVector.Broadcast(problem.Shift[channel]);
                byte* input = arguments.InputBytes[plane];
                float* output = arguments.Outputs[plane];
                int i = 0;
                for (; i <= length - TVector.Lanes; i += TVector.Lanes)
                {
                    TVector.Store(output + i, TVector.MultiplyAdd(scale, TVector.LoadBytes(input + i), shift));
                }

                if (i < length)
                {
                    new Span<byte>(rest, MostLanes).Clear();
                    new ReadOnlySpan<byte>(input + i, length - i).CopyTo(new Span<byte>(rest, MostLanes));
                    TVector.StorePartial(output + i, TVector.MultiplyAdd(scale, TVector.LoadBytes(rest), shift), length - i);
                }
            }
        }
    }
}
