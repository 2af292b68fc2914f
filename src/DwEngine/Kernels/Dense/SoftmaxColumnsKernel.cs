using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Dense;

/// <summary>
/// Softmax across planes: a vector holds neighbouring places, so that nothing has to be transposed. Sums have the order of <see
/// cref="SoftmaxRow{TVector}"/>, so the bits are those of rows.
/// </summary>
internal sealed unsafe class SoftmaxColumnsKernel<TVector> : KernelRow<SoftmaxColumnsProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "softmax-columns";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(SoftmaxColumnsProblem problem) => true;

    protected override BoundKernel Create(SoftmaxColumnsProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound(SoftmaxColumnsProblem problem) : BoundKernel
    {
        // Places of a task: a multiple of every vector's length.
        private const int BlockLength = 64;

        private readonly int _perGroup = (int)(((long)problem.PlaneLength + BlockLength - 1) / BlockLength);

        public override bool ReadsExactly => true;

        public override int TaskCount => checked(problem.Groups * _perGroup);

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            for (int task = first; task < end; task++)
            {
                int group = task / _perGroup, start = (task - (group * _perGroup)) * BlockLength;
                nint plane = (nint)group * problem.GroupPlanes;
                int stop = Math.Min(start + BlockLength, problem.PlaneLength);
                for (int place = start; place < stop; place += TVector.Lanes)
                {
                    float** inputs = arguments.Inputs + plane, outputs = arguments.Outputs + plane;
                    int count = Math.Min(TVector.Lanes, stop - place);
                    if (problem.IsLogarithm)
                    {
                        Logarithm(inputs, outputs, place, count);
                    }
                    else
                    {
                        Softmax(inputs, outputs, place, count);
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Softmax(float** inputs, float** outputs, int place, int count)
        {
            double* totals = stackalloc double[TVector.Lanes];
            float* scales = stackalloc float[TVector.Lanes];
            Exponentials(inputs, outputs, place, count, Largest(inputs, place, count), totals);
            for (int i = 0; i < TVector.Lanes; i++)
            {
                scales[i] = (float)(1 / totals[i]);
            }

            TVector scale = TVector.Load(scales);
            for (int plane = 0; plane < problem.GroupPlanes; plane++)
            {
                Write(outputs[plane] + place, TVector.Multiply(Read(outputs[plane] + place, count), scale), count);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Logarithm(float** inputs, float** outputs, int place, int count)
        {
            double* totals = stackalloc double[TVector.Lanes];
            float* sums = stackalloc float[TVector.Lanes];
            TVector largest = Largest(inputs, place, count);
            Exponentials(inputs, outputs, place, count, largest, totals);
            for (int i = 0; i < TVector.Lanes; i++)
            {
                sums[i] = (float)totals[i];
            }

            TVector logarithm = Logarithm<TVector>.Of(TVector.Load(sums));
            for (int plane = 0; plane < problem.GroupPlanes; plane++)
            {
                TVector rest = TVector.Subtract(Read(inputs[plane] + place, count), largest);
                Write(outputs[plane] + place, TVector.Subtract(rest, logarithm), count);
            }
        }

        // Writes the exponentials and sums them up.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Exponentials(float** inputs, float** outputs, int place, int count, TVector largest, double* totals)
        {
            const int Partial = PartialSums<TVector>.Count;
            int lanes = TVector.Lanes, planes = problem.GroupPlanes;
            float* partial = stackalloc float[Partial * lanes], held = stackalloc float[lanes];
            TVector.Store(held, largest);
            new Span<double>(totals, lanes).Clear();
            for (int begin = 0; begin < planes; begin += SoftmaxRow<TVector>.BlockLength)
            {
                new Span<float>(partial, Partial * lanes).Clear();
                int end = Math.Min(begin + SoftmaxRow<TVector>.BlockLength, planes);
                // Read after the call: a vector that lives over one is reloaded in each turn.
                TVector most = TVector.Load(held);
                for (int plane = begin; plane < end; plane++)
                {
                    float* sum = partial + ((plane % Partial) * lanes);
                    TVector power = Exponential<TVector>.Of(TVector.Subtract(Read(inputs[plane] + place, count), most));
                    Write(outputs[plane] + place, power, count);
                    TVector.Store(sum, TVector.Add(TVector.Load(sum), power));
                }

                // The tree of the partial sums: the upper half is added to the lower until four are left, then neighbours.
                for (int half = Partial / 2; half >= 4; half /= 2)
                {
                    for (int i = 0; i < half; i++)
                    {
                        float* low = partial + (i * lanes), high = low + (half * lanes);
                        TVector.Store(low, TVector.Add(TVector.Load(low), TVector.Load(high)));
                    }
                }

                for (int i = 0; i < lanes; i++)
                {
                    totals[i] += (partial[i] + partial[lanes + i]) + (partial[(2 * lanes) + i] + partial[(3 * lanes) + i]);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private TVector Largest(float** inputs, int place, int count)
        {
            TVector largest = Read(inputs[0] + place, count);
            for (int plane = 1; plane < problem.GroupPlanes; plane++)
            {
                largest = TVector.Max(largest, Read(inputs[plane] + place, count));
            }

            return largest;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Read(float* source, int count) =>
            count == TVector.Lanes ? TVector.Load(source) : TVector.LoadPartial(source, count);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Write(float* target, TVector value, int count)
        {
            if (count == TVector.Lanes)
            {
                TVector.Store(target, value);
            }
            else
            {
                TVector.StorePartial(target, value, count);
            }
        }
    }
}
