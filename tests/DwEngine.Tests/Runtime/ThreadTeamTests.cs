using DwEngine.Runtime;
using DwEngine.Tests.Kernels;
using Xunit;

namespace DwEngine.Tests.Runtime;

public class ThreadTeamTests
{
    public static MatrixTheoryData<int, int> Teams => new([1, 2, 3, 8], [0, 40]);

    [Theory]
    [MemberData(nameof(Teams))]
    public void Nobody_passes_a_barrier_before_all_have_come(int size, int spinMicroseconds)
    {
        using var team = new ThreadTeam(size, TimeSpan.FromMicroseconds(spinMicroseconds));
        Assert.Equal(size, team.Size);
        for (int run = 0; run < (KernelChecks.IsSlow ? 20 : 200); run++)
        {
            var work = new Phases(team, 10);
            team.Run(work);
            Assert.All(work.Arrived, arrived => Assert.Equal(size, arrived));
        }
    }

    [Theory]
    [MemberData(nameof(Teams))]
    public void Every_worker_runs_once_also_after_the_helpers_have_parked(int size, int spinMicroseconds)
    {
        using var team = new ThreadTeam(size, TimeSpan.FromMicroseconds(spinMicroseconds));
        for (int run = 0; run < 20; run++)
        {
            var work = new Roll(size);
            team.Run(work);
            Assert.All(work.Runs, runs => Assert.Equal(1, runs));
            Thread.Sleep(run % 3);
        }
    }

    [Fact]
    public void A_failure_reaches_the_caller_and_the_team_goes_on()
    {
        using var team = new ThreadTeam(2, TimeSpan.Zero);
        var work = new Failing(team);
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => team.Run(work));
        Assert.IsType<DivideByZeroException>(error.InnerException);
        var roll = new Roll(2);
        team.Run(roll);
        Assert.Equal([1, 1], roll.Runs);
    }

    [Fact]
    public void Idle_and_parked_teams_end()
    {
        for (int round = 0; round < 50; round++)
        {
            var team = new ThreadTeam(3, TimeSpan.FromMicroseconds(round % 2 * 100));
            if (round % 4 < 2)
            {
                team.Run(new Roll(3));
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

    private sealed class Phases(ThreadTeam team, int count) : ITeamWork
    {
        private readonly int[] _arrived = new int[count];

        public IEnumerable<int> Arrived => _arrived;

        public void Run(int worker)
        {
            for (int phase = 0; phase < _arrived.Length; phase++)
            {
                Interlocked.Increment(ref _arrived[phase]);
                team.Barrier();
                if (Volatile.Read(ref _arrived[phase]) != team.Size)
                {
                    team.Fail(new InvalidOperationException($"Worker {worker} passed barrier {phase} too early."));
                }
            }
        }
    }

    private sealed class Roll(int size) : ITeamWork
    {
        private readonly int[] _runs = new int[size];

        public IEnumerable<int> Runs => _runs;

        public void Run(int worker) => Interlocked.Increment(ref _runs[worker]);
    }

    private sealed class Failing(ThreadTeam team) : ITeamWork
    {
        public void Run(int worker)
        {
            if (worker == 1)
            {
                team.Fail(new DivideByZeroException());
            }
        }
    }
}
