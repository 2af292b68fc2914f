using DwEngine.Runtime;

namespace DwEngine.Cli.Measurement;

/// <summary>What one step of a session costs.</summary>
/// <param name="Step">The step.</param>
/// <param name="Milliseconds">The median of its durations.</param>
internal sealed record LayerTiming(StepInfo Step, double Milliseconds);
