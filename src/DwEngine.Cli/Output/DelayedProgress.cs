using Spectre.Console;

namespace DwEngine.Cli.Output;

/// <summary>
/// A progress bar that appears only when the work lasts over two seconds. It polls a counter from a thread of its own, so that
/// counting costs the work one write to memory.
/// </summary>
internal sealed class DelayedProgress : IDisposable
{
    private static readonly TimeSpan s_delay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_refresh = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _ended = new();
    private readonly Task _drawing;
    private long _done;

    /// <summary>Starts waiting, where progress is shown at all.</summary>
    /// <param name="context">Where it is drawn.</param>
    /// <param name="description">What is being done.</param>
    /// <param name="total">The count at which the work is done.</param>
    public DelayedProgress(CommandContext context, string description, long total) =>
        _drawing = context.ShowsProgress ? Task.Run(() => DrawAsync(context, description, total)) : Task.CompletedTask;

    /// <summary>Tells how much is done in all. Only one thread may call it.</summary>
    public void Report(long done) => Volatile.Write(ref _done, done);

    /// <summary>Counts one more piece of work as done. Any thread may call it.</summary>
    public void Increment() => Interlocked.Increment(ref _done);

    /// <summary>Removes the bar.</summary>
    public void Dispose()
    {
        _ended.Cancel();
        _drawing.GetAwaiter().GetResult();
        _ended.Dispose();
    }

    private async Task DrawAsync(CommandContext context, string description, long total)
    {
        if (!await SleepAsync(s_delay))
        {
            return;
        }

        Progress progress = context.CreateProgressConsole().Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn());
        await progress.StartAsync(async bars =>
        {
            ProgressTask bar = bars.AddTask(Markup.Escape(description), maxValue: total);
            do
            {
                bar.Value = Volatile.Read(ref _done);
            }
            while (await SleepAsync(s_refresh));
        });
    }

    private async Task<bool> SleepAsync(TimeSpan time)
    {
        await Task.Delay(time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_ended.IsCancellationRequested;
    }
}
