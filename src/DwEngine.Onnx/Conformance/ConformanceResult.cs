namespace DwEngine.Onnx.Conformance;

/// <summary>What became of a test.</summary>
public enum ConformanceOutcome
{
    /// <summary>All outputs are as they should be.</summary>
    Passed,

    /// <summary>An output is wrong, or an error came up.</summary>
    Failed,

    /// <summary>The network has what the engine cannot compute.</summary>
    Unsupported,
}

/// <summary>The result of one of ONNX's own tests.</summary>
/// <param name="Name">The name of its folder.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Reason">Why it did not pass; empty if it did.</param>
public sealed record ConformanceResult(string Name, ConformanceOutcome Outcome, string Reason);
