namespace DwEngine.Kernels.Reductions;

/// <summary>What becomes of many numbers. The names are those of ONNX's operators without their first word.</summary>
internal enum ReductionOperator
{
    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>Their sum over their number; of whole numbers without its fraction.</summary>
    Mean,

    /// <summary>The largest, NaN if one is NaN.</summary>
    Max,

    /// <summary>The smallest, NaN if one is NaN.</summary>
    Min,

    /// <summary>Their product.</summary>
    Prod,

    /// <summary>The sum of their absolute values.</summary>
    L1,

    /// <summary>The square root of the sum of their squares.</summary>
    L2,

    /// <summary>The sum of their squares.</summary>
    SumSquare,

    /// <summary>The natural logarithm of their sum.</summary>
    LogSum,

    /// <summary>The natural logarithm of the sum of e^x.</summary>
    LogSumExp,
}

/// <summary>What is known of reductions.</summary>
internal static class ReductionOperators
{
    /// <summary>Whether whole numbers have the reduction.</summary>
    public static bool TakesIntegers(this ReductionOperator operation) =>
        operation is not (ReductionOperator.L2 or ReductionOperator.LogSum or ReductionOperator.LogSumExp);
}
