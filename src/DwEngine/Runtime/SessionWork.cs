namespace DwEngine.Runtime;

/// <summary>
/// Work of the caller's own that the threads of a session share (<see cref="Session.Run(SessionWork)"/>), such as the preparation of an
/// input: steps that follow one another, each cut into tasks that run in any order and on any thread.
/// </summary>
public abstract class SessionWork : ITeamWork
{
    // A worker that the system does not run leaves at most a part of its share to wait for.
    private const int PartsOfShare = 4;

    /// <summary>The number of steps. No task of a step begins before all tasks of the step before it have ended.</summary>
    public abstract int StepCount { get; }

    /// <summary>The number of tasks of a step; may be 0. It must not change during a run.</summary>
    /// <param name="step">The step, from 0.</param>
    public abstract int TaskCount(int step);

    /// <summary>Runs the tasks from <paramref name="first"/> up to <paramref name="end"/> of a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="first">The first task.</param>
    /// <param name="end">The task after the last one.</param>
    /// <param name="worker">
    /// Which thread runs them: from 0, the caller of the session, up to <see cref="Session.Threads"/>. No two tasks run with the same
    /// number at the same time, so memory of its own can be kept for each.
    /// </param>
    public abstract void Run(int step, int first, int end, int worker);

    int ITeamWork.Parts(int step) => PartsOfShare;

    bool ITeamWork.Completed(int step) => true;
}
