namespace DwEngine.Cli.Output;

/// <summary>Counts what a library reports as done, in the thread that reports it.</summary>
internal sealed class ProgressCounter<T>(DelayedProgress progress) : IProgress<T>
{
    /// <inheritdoc/>
    public void Report(T value) => progress.Increment();
}
