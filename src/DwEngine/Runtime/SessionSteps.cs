using System.Diagnostics;

namespace DwEngine.Runtime;

/// <summary>Adds up the time of each step.</summary>
internal class StepClock(int steps)
{
    private long _last;

    public TimeSpan[] Durations { get; } = new TimeSpan[steps];

    public void Start() => _last = Stopwatch.GetTimestamp();

    public virtual void Completed(int step)
    {
        long now = Stopwatch.GetTimestamp();
        Durations[step] += Stopwatch.GetElapsedTime(_last, now);
        _last = now;
    }
}

/// <summary>One image, whose steps all threads share.</summary>
internal sealed class StepWork(Workspace workspace, RunStop stop) : ITeamWork
{
    public StepClock? Clock { get; set; }

    public int StepCount => workspace.StepCount;

    public int TaskCount(int step) => workspace.TaskCount(step);

    public int Parts(int step) => workspace.Parts(step);

    public void Run(int step, int first, int end, int worker) => workspace.Run(step, first, end, worker);

    public bool Completed(int step)
    {
        Clock?.Completed(step);
        return step + 1 == StepCount || !stop.StopsNow();
    }
}

/// <summary>Images, each computed by one thread in a workspace of its own.</summary>
internal sealed class ImageWork(Workspace[] workspaces, int images, nint[] ends, RunStop stop) : ITeamWork
{
    public int StepCount => 1;

    /// <summary>Lets a workspace read and write a certain image.</summary>
    public void Point(int image, int workspace) => workspaces[workspace].Point(ends, image);

    public int TaskCount(int step) => images;

    public int Parts(int step) => images;

    public void Run(int step, int first, int end, int worker)
    {
        for (int image = first; image < end; image++)
        {
            Point(image, worker);
            workspaces[worker].RunAll(stop);
        }
    }

    public bool Completed(int step) => true;
}
