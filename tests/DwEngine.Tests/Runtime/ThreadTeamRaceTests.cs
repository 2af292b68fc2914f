using DwEngine.Runtime;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>What a team does at the moments at which a helper begins, parks and ends.</summary>
[Trait("Category", "Races")]
public class ThreadTeamRaceTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_run_that_begins_while_the_helpers_park_wakes_them(int spinMicroseconds)
    {
        var team = new ThreadTeam(2, TimeSpan.FromMicroseconds(spinMicroseconds));
        var meeting = new Meeting(team.Size);
        var random = new Random(1);
        for (int run = 0; run < 100 * TestThreads.Races; run++)
        {
            // A helper parks a microsecond or so after a run that leaves it without work.
            Thread.SpinWait(random.Next(100));
            meeting.Begin();
            team.Run(meeting);
            // A team with a helper that sleeps for ever could not be disposed.
            Assert.True(meeting.IsComplete, $"In run {run} a helper slept on.");
        }

        team.Dispose();
    }

    [Fact]
    public void A_team_that_is_disposed_while_its_helpers_park_ends() => TestThreads.Race(round =>
    {
        var helpers = new List<Thread>();
        var team = new ThreadTeam(2 + (round % 2), TimeSpan.Zero, start: thread =>
        {
            helpers.Add(thread);
            thread.Start();
        });
        return (team.Dispose, () => { },
            () => Assert.All(helpers, helper => Assert.True(helper.Join(TestThreads.Patience), "A helper stays.")));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(6)]
    public void Where_a_helper_cannot_be_started_those_before_it_end(int possible)
    {
        var started = new List<Thread>();
        ResourceException error = Assert.Throws<ResourceException>(() => new ThreadTeam(8, TimeSpan.FromSeconds(1), start: thread =>
        {
            if (started.Count == possible)
            {
                throw new OutOfMemoryException("no more threads");
            }

            started.Add(thread);
            thread.Start();
        }));
        Assert.Contains($"{possible} of 7", error.Message, StringComparison.Ordinal);
        Assert.IsType<OutOfMemoryException>(error.InnerException);
        Assert.Equal(possible, started.Count);
        Assert.All(started, thread => Assert.True(thread.Join(TestThreads.Patience), "A helper stays."));
    }

    // One task for each worker, which ends when all have begun, so that every worker must come.
    private sealed class Meeting(int workers) : ITeamWork
    {
        private int _begun;
        private long _deadline;

        public int StepCount => 1;

        public bool IsComplete => Volatile.Read(ref _begun) == workers && Environment.TickCount64 < _deadline;

        public void Begin()
        {
            _begun = 0;
            _deadline = Environment.TickCount64 + (long)TestThreads.Patience.TotalMilliseconds;
        }

        public int TaskCount(int step) => workers;

        public int Parts(int step) => 1;

        public void Run(int step, int first, int end, int worker)
        {
            Interlocked.Add(ref _begun, end - first);
            while (Volatile.Read(ref _begun) < workers && Environment.TickCount64 < _deadline)
            {
                Thread.SpinWait(1);
            }
        }

        public bool Completed(int step) => true;
    }
}
