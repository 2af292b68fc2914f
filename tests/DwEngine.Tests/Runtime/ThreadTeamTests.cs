using DwEngine.Runtime;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

public class ThreadTeamTests
{
    public static MatrixTheoryData<int, int> Teams => new([1, 2, 3, 8], [0, 40]);

    [Theory]
    [MemberData(nameof(Teams))]
    public void Every_task_runs_once_and_no_step_begins_before_the_last_is_done(int size, int spinMicroseconds)
    {
        using var team = new ThreadTeam(size, TimeSpan.FromMicroseconds(spinMicroseconds));
        Assert.Equal(size, team.Size);
        for (int run = 0; run < (TestSpeed.IsSlow ? 20 : 200); run++)
        {
            var work = new Counting([5, 1, 0, 64, size, 0, 3], parts: 1 + (run % 4));
            team.Run(work);
            work.AssertDone();
            if (run % 10 == 0)
            {
                // Long enough for the helpers to park.
                Thread.Sleep(1);
            }
        }
    }

    [Fact]
    public void A_helper_that_is_kept_away_delays_nobody()
    {
        using var team = new ThreadTeam(3, TimeSpan.FromMicroseconds(40));
        using var gate = new ManualResetEventSlim();
        var held = new Held(gate);
        var caller = new Thread(() => team.Run(held));
        caller.Start();
        // Both other workers go on through the first step although one holds a task; the step ends when that task does.
        Assert.True(SpinWait.SpinUntil(() => held.Finished == held.TaskCount(0) - 1, TimeSpan.FromSeconds(30)));
        gate.Set();
        caller.Join();
        Assert.Equal(held.TaskCount(0), held.Finished);
    }

    [Fact]
    public void A_failure_reaches_the_caller_and_the_team_goes_on()
    {
        using var team = new ThreadTeam(2, TimeSpan.Zero);
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => team.Run(new Failing()));
        Assert.IsType<DivideByZeroException>(error.InnerException);
        var work = new Counting([7], parts: 2);
        team.Run(work);
        work.AssertDone();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Work_that_stops_after_a_step_begins_no_other_and_leaves_the_team_ready(int size)
    {
        using var team = new ThreadTeam(size, TimeSpan.FromMicroseconds(20));
        int[] tasks = [4, 0, 9, 0, 3];
        for (int last = 0; last < tasks.Length; last++)
        {
            var stopping = new Stopping(tasks, last);
            team.Run(stopping);
            Assert.Equal(tasks[..(last + 1)], stopping.Begun[..(last + 1)]);
            Assert.All(stopping.Begun[(last + 1)..], begun => Assert.Equal(0, begun));
            Assert.Equal(last + 1, stopping.CompletedSteps);
            var work = new Counting(tasks, parts: 2);
            team.Run(work);
            work.AssertDone();
        }
    }

    [Fact]
    public void Work_without_steps_or_tasks_ends()
    {
        using var team = new ThreadTeam(2, TimeSpan.Zero);
        team.Run(new Counting([], parts: 1));
        var empty = new Counting([0, 0], parts: 1);
        team.Run(empty);
        empty.AssertDone();
    }

    [Fact]
    public void Idle_and_parked_teams_end()
    {
        for (int round = 0; round < 50; round++)
        {
            var team = new ThreadTeam(3, TimeSpan.FromMicroseconds(round % 2 * 100));
            if (round % 4 < 2)
            {
                team.Run(new Counting([3], parts: 1));
            }

            team.Dispose();
        }
    }

    [Fact]
    public void Sizes_and_times_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ThreadTeam(0, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ThreadTeam(1, TimeSpan.FromTicks(-1)));
    }

    private sealed class Counting(int[] tasks, int parts) : ITeamWork
    {
        private readonly int[][] _runs = [.. tasks.Select(count => new int[count])];
        private readonly int[] _done = new int[tasks.Length];
        private int _errors;
        private int _completed;

        public int StepCount => tasks.Length;

        public int TaskCount(int step) => tasks[step];

        public int Parts(int step) => parts;

        public void Run(int step, int first, int end, int worker)
        {
            for (int earlier = 0; earlier < step; earlier++)
            {
                if (Volatile.Read(ref _done[earlier]) != tasks[earlier])
                {
                    Interlocked.Increment(ref _errors);
                }
            }

            for (int task = first; task < end; task++)
            {
                Interlocked.Increment(ref _runs[step][task]);
                Interlocked.Increment(ref _done[step]);
            }
        }

        public bool Completed(int step)
        {
            if (Interlocked.Increment(ref _completed) != step + 1)
            {
                Interlocked.Increment(ref _errors);
            }

            return true;
        }

        public void AssertDone()
        {
            Assert.Equal(0, _errors);
            Assert.Equal(tasks.Length, _completed);
            Assert.All(_runs, step => Assert.All(step, runs => Assert.Equal(1, runs)));
        }
    }

    // The first task to run is held until the gate opens.
    private sealed class Held(ManualResetEventSlim gate) : ITeamWork
    {
        private int _started;
        private int _finished;

        public int StepCount => 1;

        public int Finished => Volatile.Read(ref _finished);

        public int TaskCount(int step) => 30;

        public int Parts(int step) => 10;

        public void Run(int step, int first, int end, int worker)
        {
            if (Interlocked.Increment(ref _started) == 1)
            {
                gate.Wait();
            }

            Interlocked.Add(ref _finished, end - first);
        }

        public bool Completed(int step) => true;
    }

    private sealed class Stopping(int[] tasks, int last) : ITeamWork
    {
        public readonly int[] Begun = new int[tasks.Length];

        public int CompletedSteps { get; private set; }

        public int StepCount => tasks.Length;

        public int TaskCount(int step) => tasks[step];

        public int Parts(int step) => 2;

        public void Run(int step, int first, int end, int worker) => Interlocked.Add(ref Begun[step], end - first);

        public bool Completed(int step)
        {
            CompletedSteps++;
            return step != last;
        }
    }

    private sealed class Failing : ITeamWork
    {
        public int StepCount => 1;

        public int TaskCount(int step) => 2;

        public int Parts(int step) => 1;

        public void Run(int step, int first, int end, int worker)
        {
            if (first == 1)
            {
                throw new DivideByZeroException();
            }
        }

        public bool Completed(int step) => true;
    }
}
