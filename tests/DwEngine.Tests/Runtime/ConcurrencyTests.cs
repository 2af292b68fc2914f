using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

public class ConcurrencyTests
{
    [Fact]
    public void Eight_sessions_of_one_model_on_eight_threads_give_the_bits_of_one()
    {
        Model model = TestModels.ShuffleNet();
        const int Sessions = 8;
        float[][] inputs = new float[Sessions][], expected = new float[Sessions][];
        using (Session session = model.CreateSession())
        {
            for (int i = 0; i < Sessions; i++)
            {
                inputs[i] = TestModels.Input(session, i);
                expected[i] = TestModels.Compute(session, inputs[i]);
            }
        }

        // Another model, so that the sessions also plan and pack at the same time.
        Model shared = TestModels.ShuffleNet();
        using var start = new Barrier(Sessions);
        TestThreads.Run(Sessions, index =>
        {
            start.SignalAndWait();
            using Session session = shared.CreateSession();
            for (int run = 0; run < (TestSpeed.IsSlow ? 5 : 50); run++)
            {
                int image = (index + run) % Sessions;
                TestThreads.AssertSameBits(expected[image], TestModels.Compute(session, inputs[image]));
            }
        });
    }

    [Fact]
    public void The_bits_do_not_depend_on_the_number_of_threads()
    {
        Model model = TestModels.ShuffleNet();
        foreach (Isa isa in Isas.Supported)
        {
            float[]? expected = null;
            foreach (int threads in (int[])[1, 2, 3, 8])
            {
                using Session session = model.CreateSession(new SessionOptions { Threads = threads, Isa = isa });
                float[] input = TestModels.Input(session);
                expected ??= TestModels.Compute(session, input);
                for (int run = 0; run < 5; run++)
                {
                    TestThreads.AssertSameBits(expected, TestModels.Compute(session, input));
                }
            }
        }
    }

    [Fact]
    public void A_session_that_parks_at_once_gives_the_same_bits()
    {
        Model model = TestModels.ShuffleNet();
        using Session spinning = model.CreateSession();
        using Session parking = model.CreateSession(new SessionOptions { Threads = 2, Spin = TimeSpan.Zero });
        float[] input = TestModels.Input(spinning), expected = TestModels.Compute(spinning, input);
        for (int run = 0; run < 50; run++)
        {
            TestThreads.AssertSameBits(expected, TestModels.Compute(parking, input));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_run_that_was_prepared_for_gives_the_same_bits(int threads)
    {
        Model model = TestModels.ShuffleNet();
        using Session session = model.CreateSession(new SessionOptions { Threads = threads, Spin = TimeSpan.Zero });
        float[] input = TestModels.Input(session), expected = TestModels.Compute(session, input);
        for (int run = 0; run < 60; run++)
        {
            // Runs that come at once, while the helpers wake, while they wait, and when they have parked again.
            session.Prepare(TimeSpan.FromMicroseconds(run % 3 == 0 ? 1 : 200));
            Thread.SpinWait(run % 5 * 500);
            if (run % 4 == 0)
            {
                session.Prepare();
            }

            TestThreads.AssertSameBits(expected, TestModels.Compute(session, input));
        }

        session.Prepare();
    }

    [Fact]
    public void Two_threads_cannot_run_one_session_at_the_same_time()
    {
        using Session session = TestModels.ShuffleNet().CreateSession();
        float[] input = TestModels.Input(session), expected = TestModels.Compute(session, input);
        int refused = 0;
        long end = Environment.TickCount64 + (long)TestThreads.Patience.TotalMilliseconds;
        TestThreads.Run(2, _ =>
        {
            while (Volatile.Read(ref refused) == 0 && Environment.TickCount64 < end)
            {
                float[] output = TestModels.Output(session);
                try
                {
                    session.Run(input, output);
                    TestThreads.AssertSameBits(expected, output);
                }
                catch (InvalidOperationException)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        });
        Assert.True(refused > 0, "No run met another.");
        TestThreads.AssertSameBits(expected, TestModels.Compute(session, input));
    }

    [Fact]
    public void Dispose_may_come_from_another_thread_at_any_time()
    {
        Model model = TestModels.ShuffleNet();
        float[] input, expected;
        using (Session session = model.CreateSession())
        {
            input = TestModels.Input(session);
            expected = TestModels.Compute(session, input);
        }

        var random = new Random(1);
        for (int round = 0; round < TestThreads.Races; round++)
        {
            Session session = model.CreateSession(
                new SessionOptions { Threads = 1 + (round % 3), Spin = TimeSpan.FromMicroseconds(random.Next(2) * 40) });
            using var running = new ManualResetEventSlim();
            int delay = random.Next(2000);
            TestThreads.Run(2, index =>
            {
                if (index == 0)
                {
                    Assert.Throws<ObjectDisposedException>(() => RunUntilDisposed(session, running, input, expected));
                }
                else
                {
                    running.Wait(TestThreads.Patience);
                    Thread.SpinWait(delay);
                    session.Dispose();
                }
            });
        }
    }

    [Fact]
    public void Several_threads_may_dispose_one_session()
    {
        Model model = TestModels.ShuffleNet();
        for (int round = 0; round < 30; round++)
        {
            Session session = model.CreateSession(new SessionOptions { Threads = 2 });
            TestModels.Compute(session, TestModels.Input(session));
            TestThreads.Run(3, _ => session.Dispose());
        }
    }

    private static void RunUntilDisposed(Session session, ManualResetEventSlim running, float[] input, float[] expected)
    {
        while (true)
        {
            running.Set();
            TestThreads.AssertSameBits(expected, TestModels.Compute(session, input));
        }
    }
}
