using BenchmarkDotNet.Attributes;
using DwEngine.Runtime;

namespace DwEngine.Benchmarks;

/// <summary>
/// What a step of a run costs beside its tasks: the time of one of many steps with a task for each thread. Multiply by the steps of a
/// network for a run's part of it.
/// </summary>
public class ThreadTeamBenchmarks
{
    private const int Steps = 1000;

    private ThreadTeam? _team;
    private Nothing? _empty;
    private Meeting? _meeting;

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _empty = new Nothing(Threads);
        _meeting = new Meeting(Threads);
        _team = new ThreadTeam(Threads, SessionOptions.Default.Spin);
    }

    [GlobalCleanup]
    public void Cleanup() => _team?.Dispose();

    /// <summary>Tasks that do nothing: a worker may take over the task of one that has not come yet.</summary>
    [Benchmark(OperationsPerInvoke = Steps)]
    public void EmptyStep() => _team!.Run(_empty!);

    /// <summary>Tasks that wait for one another, so that every step takes all workers: fork, join, and their meeting between.</summary>
    [Benchmark(OperationsPerInvoke = Steps)]
    public void StepOfAllWorkers()
    {
        _meeting!.Begun = 0;
        _team!.Run(_meeting);
    }

    private class Nothing(int tasks) : ITeamWork
    {
        public int StepCount => Steps;

        public int TaskCount(int step) => tasks;

        public int Parts(int step) => 1;

        public virtual void Run(int step, int first, int end, int worker)
        {
        }

        public bool Completed(int step) => true;
    }

    private sealed class Meeting(int tasks) : Nothing(tasks)
    {
        public int Begun;

        public override void Run(int step, int first, int end, int worker)
        {
            Interlocked.Add(ref Begun, end - first);
            while (Volatile.Read(ref Begun) < (step + 1) * TaskCount(step))
            {
                Thread.SpinWait(1);
            }
        }
    }
}
