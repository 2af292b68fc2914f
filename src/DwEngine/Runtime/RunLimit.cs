using System.Diagnostics;
using System.Globalization;

namespace DwEngine.Runtime;

/// <summary>What may end a run before its last step: a token, a time, or nothing.</summary>
internal readonly struct RunLimit
{
    private readonly CancellationToken _cancellation;
    private readonly long _start, _end;

    /// <summary>Ends the run when the token is cancelled.</summary>
    public RunLimit(CancellationToken cancellation)
    {
        _cancellation = cancellation;
        IsSet = cancellation.CanBeCanceled;
    }

    /// <summary>Ends the run when a time has passed from now on; 0 or less has passed already.</summary>
    public RunLimit(TimeSpan limit)
    {
        _start = Stopwatch.GetTimestamp();
        double ticks = Math.Max(limit.TotalSeconds, 0) * Stopwatch.Frequency;
        _end = ticks < long.MaxValue - _start ? _start + (long)ticks : long.MaxValue;
        HasEnd = IsSet = true;
    }

    /// <summary>Whether anything may end the run.</summary>
    public bool IsSet { get; }

    /// <summary>Whether the run is to end now.</summary>
    public bool IsReached => HasEnd ? Stopwatch.GetTimestamp() >= _end : _cancellation.IsCancellationRequested;

    private bool HasEnd { get; }

    /// <summary>The error of a run that this ended.</summary>
    public OperationCanceledException Error() => HasEnd
        ? new OperationCanceledException(
            $"The run was to take no more than {Milliseconds(_end)} and was stopped after {Milliseconds(Stopwatch.GetTimestamp())}; "
            + "its outputs are incomplete.")
        : new OperationCanceledException("The run was cancelled; its outputs are incomplete.", _cancellation);

    private string Milliseconds(long end) =>
        string.Create(CultureInfo.InvariantCulture, $"{(end - _start) * 1000.0 / Stopwatch.Frequency:0.###} ms");
}

/// <summary>Whether the run that is under way was ended before its last step. All workers of a session ask the same one.</summary>
internal sealed class RunStop
{
    private RunLimit _limit;
    private volatile bool _isStopped;

    /// <summary>Whether a step was left out because of the limit.</summary>
    public bool IsStopped => _isStopped;

    /// <summary>Says what may end the run that is about to begin. No worker may be at work.</summary>
    public void Set(in RunLimit limit)
    {
        _limit = limit;
        _isStopped = false;
    }

    /// <summary>Asked only before a step that must be computed: once true, the outputs are incomplete.</summary>
    public bool StopsNow()
    {
        if (_limit.IsSet && (_isStopped || _limit.IsReached))
        {
            _isStopped = true;
        }

        return _isStopped;
    }

    /// <summary>Forgets the limit, so that the session keeps no token alive.</summary>
    public void Clear() => Set(default);
}
