using System.Runtime.CompilerServices;
using DwEngine.Kernels.Elementwise;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Reductions;

/// <summary>Reduces floats, along vectors or across them.</summary>
internal sealed unsafe class ReductionKernel<TVector> : KernelRow<ReductionProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "reduce";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ReductionProblem problem) => problem.Type == ElementType.Float32;

    protected override BoundKernel Create(ReductionProblem problem, PackedWeights weights) => problem.Operator switch
    {
        ReductionOperator.Sum => new Bound<SumReduction>(problem),
        ReductionOperator.Mean => new Bound<MeanReduction>(problem),
        ReductionOperator.Max => new Bound<MaxReduction>(problem),
        ReductionOperator.Min => new Bound<MinReduction>(problem),
        ReductionOperator.Prod => new Bound<ProdReduction>(problem),
        ReductionOperator.L1 => new Bound<L1Reduction>(problem),
        ReductionOperator.L2 => new Bound<L2Reduction>(problem),
        ReductionOperator.SumSquare => new Bound<SumSquareReduction>(problem),
        ReductionOperator.LogSum => new Bound<LogSumReduction>(problem),
        _ => new Bound<LogSumExpReduction>(problem),
    };

    private sealed class Bound<TReduction>(ReductionProblem problem) : BoundKernel
        where TReduction : struct, IReduction
    {
        private readonly PlaneBlocks _blocks = new(problem.Groups, problem.OutputLength);

        public override bool ReadsExactly => true;

        public override int TaskCount => _blocks.Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            for (int block = first; block < end; block++)
            {
                (int group, int start, int count) = _blocks[block];
                float** planes = arguments.Inputs + ((nint)group * problem.GroupPlanes);
                float* output = arguments.Outputs[group] + start;
                if (problem.KeepsPlanes)
                {
                    ReductionColumns<TVector, TReduction>.Run(planes, problem.GroupPlanes, start, count, output);
                }
                else
                {
                    *output = ReductionRow<TVector, TReduction>.Run(planes, problem.GroupPlanes, problem.PlaneLength);
                }
            }
        }
    }
}
