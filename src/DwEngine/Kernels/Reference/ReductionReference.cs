using System.Numerics;
using DwEngine.Kernels.Reductions;

namespace DwEngine.Kernels.Reference;

/// <summary>Reductions, naive: of floats in double precision, of whole numbers without limits.</summary>
internal static class ReductionReference
{
    /// <summary>What becomes of floats, of which there is one at least.</summary>
    public static double Of(ReductionOperator operation, IReadOnlyCollection<double> numbers) => operation switch
    {
        ReductionOperator.Sum => numbers.Sum(),
        ReductionOperator.Mean => numbers.Sum() / numbers.Count,
        ReductionOperator.Max => numbers.Aggregate(Math.Max),
        ReductionOperator.Min => numbers.Aggregate(Math.Min),
        ReductionOperator.Prod => numbers.Aggregate((a, b) => a * b),
        ReductionOperator.L1 => numbers.Sum(Math.Abs),
        ReductionOperator.L2 => Math.Sqrt(numbers.Sum(x => x * x)),
        ReductionOperator.SumSquare => numbers.Sum(x => x * x),
        ReductionOperator.LogSum => Math.Log(numbers.Sum()),
        _ => LogSumExp(numbers),
    };

    /// <summary>What becomes of whole numbers, of which there is one at least.</summary>
    /// <param name="operation">An operator that whole numbers have.</param>
    /// <param name="numbers">The numbers.</param>
    public static BigInteger Of(ReductionOperator operation, IReadOnlyCollection<BigInteger> numbers) => operation switch
    {
        ReductionOperator.Mean => numbers.Aggregate(BigInteger.Add) / numbers.Count,
        ReductionOperator.Max => numbers.Max(),
        ReductionOperator.Min => numbers.Min(),
        ReductionOperator.Prod => numbers.Aggregate(BigInteger.Multiply),
        ReductionOperator.L1 => numbers.Select(BigInteger.Abs).Aggregate(BigInteger.Add),
        ReductionOperator.SumSquare => numbers.Select(x => x * x).Aggregate(BigInteger.Add),
        _ => numbers.Aggregate(BigInteger.Add),
    };

    private static double LogSumExp(IReadOnlyCollection<double> numbers)
    {
        double largest = numbers.Aggregate(Math.Max), shift = double.IsFinite(largest) ? largest : 0;
        return shift + Math.Log(numbers.Sum(x => Math.Exp(x - shift)));
    }
}
