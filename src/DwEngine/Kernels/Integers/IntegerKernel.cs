using System.Numerics;
using System.Runtime.CompilerServices;
using DwEngine.Kernels.Elementwise;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Integers;

/// <summary>
/// Functions of whole numbers, one element at a time: networks compute few of them, and none in the middle of an image.
/// </summary>
internal sealed unsafe class IntegerKernel<TVector> : KernelRow<IntegerProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "integer";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(IntegerProblem problem) =>
        problem.Type.IsInteger() || (problem.Type == ElementType.Bool && problem.Operator.IsQuestion());

    protected override BoundKernel Create(IntegerProblem problem, PackedWeights weights) => problem.Type switch
    {
        ElementType.Int64 => new Bound<long>(problem),
        ElementType.Int32 => new Bound<int>(problem),
        ElementType.Int16 => new Bound<short>(problem),
        ElementType.Int8 => new Bound<sbyte>(problem),
        _ => new Bound<byte>(problem),
    };

    private sealed class Bound<T>(IntegerProblem problem) : BoundKernel
        where T : unmanaged, IBinaryInteger<T>
    {
        private readonly PlaneBlocks _blocks = new(problem.Planes, problem.PlaneLength);

        public override bool ReadsExactly => true;

        public override int TaskCount => _blocks.Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            bool isUnary = problem.Operator.IsUnary();
            for (int block = first; block < end; block++)
            {
                (int plane, int start, int count) = _blocks[block];
                T* left = (T*)arguments.InputBytes[plane] + (problem.RepeatsLeft ? 0 : start);
                T* right = isUnary ? left : (T*)arguments.InputBytes[problem.Planes + plane] + (problem.RepeatsRight ? 0 : start);
                int leftStep = problem.RepeatsLeft ? 0 : 1, rightStep = problem.RepeatsRight ? 0 : 1;
                if (problem.Operator.IsQuestion())
                {
                    byte* answers = arguments.OutputBytes[plane] + start;
                    for (int i = 0; i < count; i++)
                    {
                        T answer = IntegerOperators.Apply(problem.Operator, left[(nint)i * leftStep], right[(nint)i * rightStep]);
                        answers[i] = T.IsZero(answer) ? (byte)0 : (byte)1;
                    }
                }
                else
                {
                    T* output = (T*)arguments.OutputBytes[plane] + start;
                    for (int i = 0; i < count; i++)
                    {
                        output[i] = IntegerOperators.Apply(problem.Operator, left[(nint)i * leftStep], right[(nint)i * rightStep]);
                    }
                }
            }
        }
    }
}
