using System.Runtime.CompilerServices;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Dense;

/// <summary>Fully connected: dot products of the input with eight rows of weights at a time, so that each weight is read once for all images of the batch.</summary>
internal sealed unsafe class FullyConnectedKernel<TSimd, TVector> : KernelRow<FullyConnectedProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private const int BlockRows = 8;

    // Inputs that lie together for each row: the widest vector.
    private const int Chunk = PlaneLayout.ReadAhead;

    public override string Name => "fully-connected";

    public override Isa Isa => TSimd.Isa;

    public override bool Accepts(FullyConnectedProblem problem) => true;

    public override BoundKernel Bind(FullyConnectedProblem problem, PackedWeights weights) => new Bound(problem, weights);

    private sealed class Bound(FullyConnectedProblem problem, PackedWeights weights) : BoundKernel
    {
        private readonly int _pitch = PlaneLayout.RoundUp(problem.Inputs);
        private readonly AlignedBuffer _weights = weights.Get(problem.Owner, "rows", () => Pack(problem));

        public override string Name => "fully-connected";

        public override bool ReadsExactly => true;

        public override int TaskCount => (problem.Outputs + BlockRows - 1) / BlockRows;

        public override long? IssuedMultiplyAdds => (long)problem.Batch * TaskCount * BlockRows * _pitch;

        // A task is a block of output features, for all images.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            float* biases = _weights.Floats;
            float* rows = biases + PlaneLayout.RoundUp(TaskCount * BlockRows);
            float* sums = stackalloc float[BlockRows];
            for (int task = first; task < end; task++)
            {
                int row = task * BlockRows;
                int count = Math.Min(BlockRows, problem.Outputs - row);
                for (int image = 0; image < problem.Batch; image++)
                {
                    Dot(rows + ((nint)row * _pitch), arguments.Inputs[image], sums);
                    float* output = arguments.Outputs[image] + row;
                    for (int i = 0; i < count; i++)
                    {
                        float value = sums[i] + biases[row + i];
                        value = value < problem.Clamp.Low ? problem.Clamp.Low : value;
                        output[i] = value > problem.Clamp.High ? problem.Clamp.High : value;
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Dot(float* rows, float* input, float* sums)
        {
            TVector s0 = TSimd.Broadcast(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
            int inputs = problem.Inputs;
            for (int chunk = 0; chunk < inputs; chunk += Chunk, rows += BlockRows * Chunk)
            {
                for (int k = 0; k < Chunk; k += TSimd.Lanes)
                {
                    int rest = inputs - chunk - k;
                    TVector x = rest >= TSimd.Lanes ? TSimd.Load(input + chunk + k) : TSimd.LoadRange(input + chunk + k, 0, rest);
                    float* row = rows + k;
                    s0 = TSimd.MultiplyAdd(TSimd.Load(row), x, s0);
                    s1 = TSimd.MultiplyAdd(TSimd.Load(row + Chunk), x, s1);
                    s2 = TSimd.MultiplyAdd(TSimd.Load(row + (2 * Chunk)), x, s2);
                    s3 = TSimd.MultiplyAdd(TSimd.Load(row + (3 * Chunk)), x, s3);
                    s4 = TSimd.MultiplyAdd(TSimd.Load(row + (4 * Chunk)), x, s4);
                    s5 = TSimd.MultiplyAdd(TSimd.Load(row + (5 * Chunk)), x, s5);
                    s6 = TSimd.MultiplyAdd(TSimd.Load(row + (6 * Chunk)), x, s6);
                    s7 = TSimd.MultiplyAdd(TSimd.Load(row + (7 * Chunk)), x, s7);
                }
            }

            sums[0] = TSimd.Sum(s0);
            sums[1] = TSimd.Sum(s1);
            sums[2] = TSimd.Sum(s2);
            sums[3] = TSimd.Sum(s3);
            sums[4] = TSimd.Sum(s4);
            sums[5] = TSimd.Sum(s5);
            sums[6] = TSimd.Sum(s6);
            sums[7] = TSimd.Sum(s7);
        }

        // Biases first; then for each block of rows, chunk after chunk of inputs, the weights of each of its rows. Memory is so read in one stream.
        // What is missing in the last chunk and the last block is 0.
        private static AlignedBuffer Pack(FullyConnectedProblem problem)
        {
            int blocks = (problem.Outputs + BlockRows - 1) / BlockRows;
            int pitch = PlaneLayout.RoundUp(problem.Inputs);
            int biasLength = PlaneLayout.RoundUp(blocks * BlockRows);
            var buffer = new AlignedBuffer((biasLength + ((long)blocks * BlockRows * pitch)) * sizeof(float));
            Span<float> target = buffer.AsSpan();
            if (problem.Bias is not null)
            {
                problem.Bias.Floats.CopyTo(target);
            }

            for (int row = 0; row < problem.Outputs; row++)
            {
                ReadOnlySpan<float> source = problem.Weights.Floats.Slice(row * problem.Inputs, problem.Inputs);
                int start = biasLength + (row / BlockRows * BlockRows * pitch) + (row % BlockRows * Chunk);
                for (int k = 0; k < source.Length; k += Chunk, start += BlockRows * Chunk)
                {
                    source.Slice(k, Math.Min(Chunk, source.Length - k)).CopyTo(target[start..]);
                }
            }

            return buffer;
        }
    }
}
