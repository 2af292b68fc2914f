using System.Runtime.CompilerServices;
using DwEngine.Kernels.Elementwise;
using DwEngine.Simd;

namespace DwEngine.Kernels.Normalization;

/// <summary>Normalises each element by those at its place in neighbouring channels.</summary>
internal sealed unsafe class LocalResponseKernel<TVector> : KernelRow<LocalResponseProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "local-response";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(LocalResponseProblem problem) => true;

    protected override BoundKernel Create(LocalResponseProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(LocalResponseProblem problem) : BoundKernel
    {
        private readonly PlaneBlocks _blocks = new(checked(problem.Batch * problem.Channels), problem.PlaneLength);

        public override bool ReadsExactly => true;

        public override int TaskCount => _blocks.Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            TVector alpha = TVector.Broadcast(problem.Alpha / problem.Size);
            TVector bias = TVector.Broadcast(problem.Bias);
            TVector beta = TVector.Broadcast(-problem.Beta);
            for (int block = first; block < end; block++)
            {
                (int plane, int start, int count) = _blocks[block];
                (int from, int to) = problem.Neighbours(plane % problem.Channels);
                float** image = arguments.Inputs + (plane - (plane % problem.Channels));
                float* output = arguments.Outputs[plane] + start;
                for (int i = 0; i < count; i += TVector.Lanes)
                {
                    int rest = Math.Min(TVector.Lanes, count - i);
                    TVector squares = TVector.Broadcast(0);
                    for (int channel = from; channel < to; channel++)
                    {
                        TVector x = TVector.LoadPartial(image[channel] + start + i, rest);
                        squares = TVector.MultiplyAdd(x, x, squares);
                    }

                    TVector scale = Power<TVector>.Of(TVector.MultiplyAdd(squares, alpha, bias), beta);
                    TVector own = TVector.LoadPartial(arguments.Inputs[plane] + start + i, rest);
                    TVector.StorePartial(output + i, TVector.Multiply(own, scale), rest);
                }
            }
        }
    }
}
