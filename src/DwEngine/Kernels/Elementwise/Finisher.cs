using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise;

/// <summary>
/// Does to sums what a kernel does not do to them in registers: adds a residual, then applies an operator. Kernels call it for what they
/// have just stored, as long as that is in the first caches, so no pass over memory is added, and the loops of kernels are the same for all
/// epilogues. Vectors and operators are those of the elementwise kernels, so the bits are those of these kernels, too.
/// </summary>
internal abstract unsafe class Finisher
{
    /// <summary>The finisher for an operator.</summary>
    public static Finisher Of<TOperator>(TOperator operation, Isa isa)
        where TOperator : struct, IUnaryOperator<TOperator> => isa switch
        {
            Isa.Avx512 => new Finisher<Avx512Vector, TOperator>(operation),
            Isa.Avx2 => new Finisher<Avx2Vector, TOperator>(operation),
            Isa.Neon => new Finisher<NeonVector, TOperator>(operation),
            _ => new Finisher<PortableVector, TOperator>(operation),
        };

    /// <summary>Finishes the same elements of some planes. It reads and writes these alone.</summary>
    /// <param name="sums">Pointers to the planes of sums; they may be those of the results.</param>
    /// <param name="results">Pointers to the planes of results.</param>
    /// <param name="first">The first element of each.</param>
    /// <param name="residuals">Pointers to the planes of the residual; null if there is none.</param>
    /// <param name="firstOfResidual">The element of the residual that belongs to the first.</param>
    /// <param name="planes">The number of planes.</param>
    /// <param name="count">The number of elements.</param>
    public abstract void Run(
        float** sums, float** results, nint first, float** residuals, nint firstOfResidual, int planes, int count);
}

/// <inheritdoc/>
internal sealed unsafe class Finisher<TVector, TOperator>(TOperator operation) : Finisher
    where TVector : struct, IVector<TVector>
    where TOperator : struct, IUnaryOperator<TOperator>
{
    // Elements of several planes that are finished together where there are few of each.
    private const int MostPacked = 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public override void Run(
        float** sums, float** results, nint first, float** residuals, nint firstOfResidual, int planes, int count)
    {
        if (planes > 1 && count > 0 && count <= TVector.Lanes / 2)
        {
            Pack(sums, results, first, residuals, firstOfResidual, planes, count);
            return;
        }

        if (residuals is null)
        {
            Apply(sums, results, first, planes, count);
        }
        else
        {
            AddAndApply(sums, results, first, residuals, firstOfResidual, planes, count);
        }
    }

    // A vector for the few elements of each plane would be mostly empty.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Pack(
        float** sums, float** results, nint first, float** residuals, nint firstOfResidual, int planes, int count)
    {
        float* packed = stackalloc float[MostPacked];
        float* added = stackalloc float[MostPacked];
        int together = MostPacked / count;
        for (int plane = 0; plane < planes; plane += together)
        {
            int filled = 0, end = Math.Min(planes, plane + together);
            for (int i = plane; i < end; i++)
            {
                for (int k = 0; k < count; k++, filled++)
                {
                    packed[filled] = sums[i][first + k];
                    added[filled] = residuals is null ? 0 : residuals[i][firstOfResidual + k];
                }
            }

            if (residuals is null)
            {
                Apply(&packed, &packed, 0, 1, filled);
            }
            else
            {
                AddAndApply(&packed, &packed, 0, &added, 0, 1, filled);
            }

            filled = 0;
            for (int i = plane; i < end; i++)
            {
                for (int k = 0; k < count; k++, filled++)
                {
                    results[i][first + k] = packed[filled];
                }
            }
        }
    }

    // The planes are a loop of the same method, so that the operator's constants stay in registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Apply(float** sums, float** results, nint first, int planes, int count)
    {
        TOperator function = operation;
        for (int plane = 0; plane < planes; plane++)
        {
            float* source = sums[plane] + first, target = results[plane] + first;
            int i = 0;
            for (; i <= count - TVector.Lanes; i += TVector.Lanes)
            {
                TVector.Store(target + i, function.Apply<TVector>(TVector.Load(source + i)));
            }

            if (i < count)
            {
                TVector rest = TVector.LoadPartial(source + i, count - i);
                TVector.StorePartial(target + i, function.Apply<TVector>(rest), count - i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void AddAndApply(
        float** sums, float** results, nint first, float** residuals, nint firstOfResidual, int planes, int count)
    {
        TOperator function = operation;
        for (int plane = 0; plane < planes; plane++)
        {
            float* source = sums[plane] + first, residual = residuals[plane] + firstOfResidual, target = results[plane] + first;
            int i = 0;
            for (; i <= count - TVector.Lanes; i += TVector.Lanes)
            {
                TVector sum = TVector.Add(TVector.Load(source + i), TVector.Load(residual + i));
                TVector.Store(target + i, function.Apply<TVector>(sum));
            }

            if (i < count)
            {
                TVector sum = TVector.Add(TVector.LoadPartial(source + i, count - i), TVector.LoadPartial(residual + i, count - i));
                TVector.StorePartial(target + i, function.Apply<TVector>(sum), count - i);
            }
        }
    }
}
