using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using DwEngine.Kernels.Elementwise;
using DwEngine.Simd;

namespace DwEngine.Kernels.Layout;

/// <summary>Takes elements one by one from where indices say.</summary>
internal sealed unsafe class LookupKernel<TVector> : KernelRow<LookupProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "lookup";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(LookupProblem problem) => true;

    protected override BoundKernel Create(LookupProblem problem, PackedWeights weights) => problem.ElementSize switch
    {
        1 => new Bound<byte>(problem),
        2 => new Bound<short>(problem),
        4 => new Bound<int>(problem),
        _ => new Bound<long>(problem),
    };

    private sealed class Bound<T>(LookupProblem problem) : BoundKernel
        where T : unmanaged
    {
        private readonly PlaneBlocks _blocks = new(1, problem.Elements);
        private readonly ImmutableArray<LookupAxis> _axes = problem.Axes;
        private readonly ImmutableArray<ChosenAxis> _chosen = problem.Chosen;

        public override bool ReadsExactly => true;

        public override int TaskCount => _blocks.Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            T* data = (T*)arguments.InputBytes[0], output = (T*)arguments.OutputBytes[0];
            byte* indices = arguments.InputBytes[1];
            for (int block = first; block < end; block++)
            {
                (_, int start, int count) = _blocks[block];
                for (int element = start; element < start + count; element++)
                {
                    (long from, int place) = PlacesOf(element);
                    for (int i = 0; i < _chosen.Length; i++)
                    {
                        ChosenAxis axis = _chosen[i];
                        long index = problem.HasLongIndices ? ((long*)indices)[place + i] : ((int*)indices)[place + i];
                        long position = index < 0 ? index + axis.Length : index;
                        if ((ulong)position >= (ulong)axis.Length)
                        {
                            throw Misfit(index, axis.Length);
                        }

                        from += position * axis.Step;
                    }

                    output[element] = data[from];
                }
            }
        }

        // Where an element's data begin, and where the first of its indices lies.
        private (long Data, int Index) PlacesOf(int element)
        {
            (int data, int index) = (0, 0);
            for (int i = _axes.Length - 1; i >= 0; i--)
            {
                LookupAxis axis = _axes[i];
                int rest = element / axis.Length, coordinate = element - (rest * axis.Length);
                data += coordinate * axis.DataStep;
                index += coordinate * axis.IndexStep;
                element = rest;
            }

            return (data, index);
        }

        private static ShapeException Misfit(long index, int length) =>
            new($"expected indices from {-length} to {length - 1}, found {index}.");
    }
}
