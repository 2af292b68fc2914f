using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>Work of the caller's own on the threads of a session.</summary>
public class SessionWorkTests
{
    private static readonly Shape s_shape = new(1, 3, 4, 4);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_task_runs_once_after_all_of_the_step_before_and_nothing_is_allocated(int threads)
    {
        using Model model = TestModels.Relu(s_shape);
        using Session session = model.CreateSession(SessionOptions.Default with { InputShape = s_shape, Threads = threads });
        var work = new Counting(threads);
        int runs = 0;
        Assert.Equal(0, Allocation.Least(
            () =>
            {
                runs++;
                session.Run(work);
            },
            repeats: 50));
        Assert.Equal(0, work.Mistakes);
        Assert.All(work.Counts, counts => Assert.All(counts, count => Assert.Equal(runs, count)));

        // The session runs its model as before.
        float[] output = new float[48];
        session.Run(Enumerable.Repeat(2f, 48).ToArray(), output);
        Assert.All(output, value => Assert.Equal(2, value));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_a_task_throws_reaches_the_caller_and_the_session_stays_usable(int threads)
    {
        using Model model = TestModels.Relu(s_shape);
        using Session session = model.CreateSession(SessionOptions.Default with { InputShape = s_shape, Threads = threads });
        Assert.Same(Failing.Wrong, Assert.Throws<ShapeException>(() => session.Run(new Failing(Failing.Wrong))));
        var other = new ArithmeticException("other");
        Assert.Same(other, Assert.Throws<InvalidOperationException>(() => session.Run(new Failing(other))).InnerException);
        var work = new Counting(threads);
        session.Run(work);
        Assert.Equal(0, work.Mistakes);
    }

    [Fact]
    public void A_session_that_runs_or_is_disposed_takes_no_work()
    {
        using Model model = TestModels.Relu(s_shape);
        Session session = model.CreateSession(SessionOptions.Default with { InputShape = s_shape });
        Assert.Throws<ArgumentNullException>(() => session.Run(null!));
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => session.Run(new Nested(session)));
        Assert.IsType<InvalidOperationException>(error.InnerException);
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Run(new Counting(1)));
    }

    [Fact]
    public void Disposal_during_work_lets_it_end()
    {
        using Model model = TestModels.Relu(s_shape);
        Session session = model.CreateSession(SessionOptions.Default with { InputShape = s_shape, Threads = 2 });
        var work = new Disposing(session);
        session.Run(work);
        Assert.Equal(16, work.Ran);
        Assert.Throws<ObjectDisposedException>(() => session.Run(work));
    }

    // Steps of several sizes, one of them empty.
    private sealed class Counting(int threads) : SessionWork
    {
        private readonly int[] _busy = new int[threads];
        private int _done, _mistakes;

        public int[][] Counts { get; } = [new int[100], [], new int[1], new int[7]];

        public int Mistakes => _mistakes;

        public override int StepCount => Counts.Length;

        public override int TaskCount(int step) => Counts[step].Length;

        public override void Run(int step, int first, int end, int worker)
        {
            if (Interlocked.Exchange(ref _busy[worker], 1) != 0)
            {
                Interlocked.Increment(ref _mistakes);
            }

            // What the steps before have, beyond whole runs of all of them.
            int before = 0;
            for (int i = 0; i < step; i++)
            {
                before += Counts[i].Length;
            }

            for (int task = first; task < end; task++)
            {
                Interlocked.Increment(ref Counts[step][task]);
                int done = (Interlocked.Increment(ref _done) - 1) % 108;
                if (done < before || done >= before + Counts[step].Length)
                {
                    Interlocked.Increment(ref _mistakes);
                }
            }

            Volatile.Write(ref _busy[worker], 0);
        }
    }

    private sealed class Failing(Exception error) : SessionWork
    {
        public static ShapeException Wrong { get; } = new("wrong");

        public override int StepCount => 1;

        public override int TaskCount(int step) => 9;

        public override void Run(int step, int first, int end, int worker) => throw error;
    }

    private sealed class Nested(Session session) : SessionWork
    {
        public override int StepCount => 1;

        public override int TaskCount(int step) => 1;

        public override void Run(int step, int first, int end, int worker) => session.Run(this);
    }

    private sealed class Disposing(Session session) : SessionWork
    {
        private int _ran;

        public int Ran => _ran;

        public override int StepCount => 2;

        public override int TaskCount(int step) => 8;

        public override void Run(int step, int first, int end, int worker)
        {
            session.Dispose();
            Interlocked.Add(ref _ran, end - first);
        }
    }
}
