using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Dense;

/// <summary>
/// Fully connected: dot products of the input with a block of rows of weights at a time, so that each weight is read once for all images of
/// the batch. Each product is summed in <see cref="PartialSums{TVector}"/>; a block has as many rows as eight accumulators hold the
/// partial sums of.
/// </summary>
internal sealed unsafe class FullyConnectedKernel<TVector> : KernelRow<FullyConnectedProblem>
    where TVector : struct, IVector<TVector>
{
    // Inputs that lie together for each row: one for each partial sum.
    private const int Chunk = PartialSums<TVector>.Count;

    private static int BlockRows => 8 / PartialSums<TVector>.Vectors;

    public override string Name => "fully-connected";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(FullyConnectedProblem problem) => true;

    protected override BoundKernel Create(FullyConnectedProblem problem, PackedWeights weights) =>
        problem.Weights.Type == ElementType.Float16
            ? new Bound<ushort, HalfWeights>(problem, weights) : new Bound<float, FloatWeights>(problem, weights);

    /// <summary>How weights lie in memory.</summary>
    private interface IWeightFormat<TElement>
        where TElement : unmanaged
    {
        /// <summary>Reads a vector of weights, which may have to be multiplied by a factor.</summary>
        static abstract TVector Load(TElement* source, TVector factor);
    }

    private readonly struct FloatWeights : IWeightFormat<float>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load(float* source, TVector factor) => TVector.Load(source);
    }

    private readonly struct HalfWeights : IWeightFormat<ushort>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load(ushort* source, TVector factor) => TVector.LoadHalves(source, factor);
    }

    private sealed class Bound<TElement, TFormat>(FullyConnectedProblem problem, PackedWeights weights) : BoundKernel
        where TElement : unmanaged
        where TFormat : struct, IWeightFormat<TElement>
    {
        // What vectors of halves are multiplied by: exact, since both are powers of two.
        private readonly float _factor = (float)(problem.Scale * Math.ScaleB(1, 112));
        private readonly Epilogue _epilogue = new(problem.Activation, TVector.Isa);
        private readonly int _pitch = PlaneLayout.RoundUp(problem.Inputs);
        private readonly AlignedBuffer _weights = weights.Get(
            problem.Owner,
            $"blocks of {BlockRows} rows of {typeof(TElement).Name}{(problem.IsTransposed ? ", transposed" : "")}",
            () => Pack(problem));

        public override bool ReadsExactly => true;

        public override int TaskCount => (problem.Outputs + BlockRows - 1) / BlockRows;

        public override long? IssuedMultiplyAdds => (long)problem.Batch * TaskCount * BlockRows * _pitch;

        // A task is a block of output features, for all images.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            float* biases = _weights.Floats;
            var rows = (TElement*)(biases + PlaneLayout.RoundUp(TaskCount * BlockRows));
            float* sums = stackalloc float[BlockRows];
            Clamp clamp = _epilogue.Clamp;
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
                        value = value < clamp.Low ? clamp.Low : value;
                        output[i] = value > clamp.High ? clamp.High : value;
                    }

                    _epilogue.Finish(arguments, image, 1, row, count);
                }
            }
        }

        // Accumulators and weights lie row by row, each row as vectors of partial sums. What is beyond the last input is 0 in the weights,
        // too.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Dot(TElement* rows, float* input, float* sums)
        {
            // Prepared before the loop, in which a call would cost the accumulators their registers.
            float* padded = stackalloc float[Chunk];
            int lastInputs = problem.Inputs % Chunk;
            if (lastInputs > 0)
            {
                Pad(input + problem.Inputs - lastInputs, lastInputs, padded);
            }

            int lanes = TVector.Lanes;
            TVector factor = TVector.Broadcast(_factor);
            TVector s0 = TVector.Broadcast(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
            for (int rest = problem.Inputs; rest > 0; rest -= Chunk, input += Chunk, rows += 8 * lanes)
            {
                input = rest < Chunk ? padded : input;
                TVector x0 = TVector.Load(input);
                TVector x1 = TVector.Lanes < 16 ? TVector.Load(input + lanes) : x0;
                TVector x2 = TVector.Lanes < 8 ? TVector.Load(input + (2 * lanes)) : x0;
                TVector x3 = TVector.Lanes < 8 ? TVector.Load(input + (3 * lanes)) : x1;
                TVector.Accumulate(ref s0, TFormat.Load(rows, factor), x0);
                TVector.Accumulate(ref s1, TFormat.Load(rows + lanes, factor), x1);
                TVector.Accumulate(ref s2, TFormat.Load(rows + (2 * lanes), factor), x2);
                TVector.Accumulate(ref s3, TFormat.Load(rows + (3 * lanes), factor), x3);
                TVector.Accumulate(ref s4, TFormat.Load(rows + (4 * lanes), factor), x0);
                TVector.Accumulate(ref s5, TFormat.Load(rows + (5 * lanes), factor), x1);
                TVector.Accumulate(ref s6, TFormat.Load(rows + (6 * lanes), factor), x2);
                TVector.Accumulate(ref s7, TFormat.Load(rows + (7 * lanes), factor), x3);
            }

            PartialSums<TVector>.Add(s0, s1, s2, s3, sums);
            PartialSums<TVector>.Add(s4, s5, s6, s7, sums + PartialSums<TVector>.Together);
        }

        private static void Pad(float* input, int count, float* padded)
        {
            var target = new Span<float>(padded, Chunk);
            target.Clear();
            new ReadOnlySpan<float>(input, count).CopyTo(target);
        }

        // Biases first; then for each block of rows, chunk after chunk of inputs, the weights of each of its rows. Memory is so read in
        // one stream. What is missing in the last chunk and the last block is 0.
        private static AlignedBuffer Pack(FullyConnectedProblem problem)
        {
            int blocks = (problem.Outputs + BlockRows - 1) / BlockRows;
            int pitch = PlaneLayout.RoundUp(problem.Inputs);
            int biasLength = PlaneLayout.RoundUp(blocks * BlockRows);
            var buffer = new AlignedBuffer(
                ((long)biasLength * sizeof(float)) + ((long)blocks * BlockRows * pitch * sizeof(TElement)));
            if (problem.Bias is not null)
            {
                problem.Bias.Floats.CopyTo(new Span<float>(buffer.Floats, problem.Outputs));
            }

            var target = (TElement*)(buffer.Floats + biasLength);
            ReadOnlySpan<TElement> source = MemoryMarshal.Cast<byte, TElement>(problem.Weights.Bytes);
            if (problem.IsTransposed)
            {
                for (int k = 0; k < problem.Inputs; k++, source = source[problem.Outputs..])
                {
                    TElement* chunk = target + ((nint)(k / Chunk) * BlockRows * Chunk) + (k % Chunk);
                    for (int row = 0; row < problem.Outputs; row++)
                    {
                        chunk[((nint)(row / BlockRows) * BlockRows * pitch) + (row % BlockRows * Chunk)] = source[row];
                    }
                }

                return buffer;
            }

            for (int row = 0; row < problem.Outputs; row++, source = source[problem.Inputs..])
            {
                TElement* next = target + ((nint)(row / BlockRows) * BlockRows * pitch) + (row % BlockRows * Chunk);
                for (int k = 0; k < problem.Inputs; k += Chunk, next += BlockRows * Chunk)
                {
                    source.Slice(k, Math.Min(Chunk, problem.Inputs - k)).CopyTo(new Span<TElement>(next, Chunk));
                }
            }

            return buffer;
        }
    }
}
