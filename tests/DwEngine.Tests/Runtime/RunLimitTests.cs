using System.Diagnostics;
using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>Runs that a token or a time stops between two steps.</summary>
public class RunLimitTests
{
    // Threads, images: one thread, steps shared by threads, images shared by threads, and fewer images than threads.
    public static TheoryData<int, int> ThreadsAndImages => new() { { 1, 1 }, { 3, 1 }, { 1, 4 }, { 2, 5 }, { 3, 2 } };

    [Theory]
    [MemberData(nameof(ThreadsAndImages))]
    public void A_run_that_is_stopped_before_it_starts_writes_nothing_and_the_next_one_is_right(int threads, int images)
    {
        using Model model = TestModels.ShuffleNet();
        using Session session = Make(model, threads, images);
        float[] input = TestModels.Input(session), expected = TestModels.Compute(session, input), output = TestModels.Output(session);
        var cancelled = new CancellationToken(canceled: true);
        string name = session.Inputs[0].Name;
        input.CopyTo(session.Input<float>(name));
        session.Run(CancellationToken.None);
        Action[] runs =
        [
            () => session.Run(input, output, cancelled),
            () => session.Run<float, float>(input, output, cancelled),
            () => session.Run(cancelled),
            () => session.With().Input<float>(name, input).Output<float>(session.Outputs[0].Name, output).Run(cancelled),
        ];
        foreach (Action run in runs)
        {
            Assert.Equal(cancelled, Assert.Throws<OperationCanceledException>(run).CancellationToken);
        }

        foreach (TimeSpan limit in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromMilliseconds(-1), TimeSpan.MinValue])
        {
            Assert.Throws<OperationCanceledException>(() => session.Run(input, output, limit));
            Assert.Throws<OperationCanceledException>(() => session.Run<float, float>(input, output, limit));
            Assert.Throws<OperationCanceledException>(() => session.Run(limit));
            Assert.Throws<OperationCanceledException>(() => session.With().Output<float>(session.Outputs[0].Name, output).Run(limit));
        }

        Assert.All(output, value => Assert.True(float.IsNaN(value)));
        TestThreads.AssertSameBits(expected, session.Output<float>(session.Outputs[0].Name));
        TestThreads.AssertSameBits(expected, TestModels.Compute(session, input));
    }

    [Theory]
    [MemberData(nameof(ThreadsAndImages))]
    public void A_limit_that_is_not_reached_changes_nothing(int threads, int images)
    {
        using Model model = TestModels.ShuffleNet();
        using Session session = Make(model, threads, images);
        using var source = new CancellationTokenSource();
        float[] input = TestModels.Input(session), expected = TestModels.Compute(session, input);
        float[] output = TestModels.Output(session);
        session.Run(input, output, source.Token);
        TestThreads.AssertSameBits(expected, output);
        foreach (TimeSpan limit in (TimeSpan[])[TimeSpan.FromMinutes(10), TimeSpan.MaxValue])
        {
            output = TestModels.Output(session);
            session.Run(input, output, limit);
            TestThreads.AssertSameBits(expected, output);
            session.With().Input<float>(session.Inputs[0].Name, input).Run(limit);
            TestThreads.AssertSameBits(expected, session.Output<float>(session.Outputs[0].Name));
        }
    }

    [Theory]
    [MemberData(nameof(ThreadsAndImages))]
    public void A_run_that_is_cancelled_in_a_step_computes_no_further_one(int threads, int images)
    {
        using Model model = TestModels.ShuffleNet();
        using Session session = Make(model, threads, images);
        string name = session.Inputs[0].Name, result = session.Outputs[0].Name;
        TestModels.Input(session).CopyTo(session.Input<float>(name));
        session.Run();
        float[] expected = [.. session.Output<float>(result)];
        int steps = session.Steps.Length;
        int[] places = [0, 1, steps / 2, steps - 2, steps - 1, steps, (steps * images) - 1];
        foreach (int at in places.Where(at => at < steps * images).Distinct())
        {
            using var source = new CancellationTokenSource();
            var clock = new Cancelling(steps, at, source);
            if (at < (steps * images) - 1)
            {
                Assert.Throws<OperationCanceledException>(() => session.Execute([], clock, new RunLimit(source.Token)));
            }
            else
            {
                session.Execute([], clock, new RunLimit(source.Token));
                TestThreads.AssertSameBits(expected, session.Output<float>(result));
            }

            Assert.Equal(at + 1, clock.CompletedSteps);
            session.Run();
            TestThreads.AssertSameBits(expected, session.Output<float>(result));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Images_that_threads_share_are_cancelled_from_another_thread(int threads)
    {
        // It is cancelled when the first image of a hundred is done. A thread that gets no core for so long comes too late.
        using Model model = Deep();
        using Session session = Make(model, threads, images: 100);
        float[] input = TestModels.Input(session), output = [];
        bool isStopped = false;
        for (long start = Stopwatch.GetTimestamp(); !isStopped;)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TestThreads.Patience, "No run is stopped.");
            float[] attempt = output = TestModels.Output(session);
            using var source = new CancellationTokenSource();
            TestThreads.Run(
                () => isStopped = Record.Exception(() => session.Run(input, attempt, source.Token)) is { } error
                    && Assert.IsType<OperationCanceledException>(error).CancellationToken == source.Token,
                () =>
                {
                    Assert.True(SpinWait.SpinUntil(() => !float.IsNaN(Volatile.Read(ref attempt[0])), TestThreads.Patience));
                    source.Cancel();
                });
        }

        Assert.Contains(output, float.IsNaN);
        float[] complete = TestModels.Compute(session, input);
        Assert.DoesNotContain(complete, float.IsNaN);
        int image = output.Length / 100;
        TestThreads.AssertSameBits(complete.AsSpan(0, image), output.AsSpan(0, image));
    }

    [Theory]
    [MemberData(nameof(ThreadsAndImages))]
    public void A_run_that_takes_longer_than_its_limit_is_stopped(int threads, int images)
    {
        using Model model = Deep();
        using Session session = Make(model, threads, images);
        session.Input<float>("x").Fill(1);
        session.Run();
        float[] expected = [.. session.Output<float>(session.Outputs[0].Name)];
        OperationCanceledException error = Assert.Throws<OperationCanceledException>(() => session.Run(TimeSpan.FromTicks(20)));
        Assert.Contains("no more than 0.002 ms", error.Message, StringComparison.Ordinal);
        session.Run();
        TestThreads.AssertSameBits(expected, session.Output<float>(session.Outputs[0].Name));
    }

    [Fact]
    public void A_token_that_is_cancelled_after_the_run_or_whose_source_is_disposed_does_no_harm()
    {
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = 2 });
        float[] input = TestModels.Input(session), expected = TestModels.Compute(session, input), output = TestModels.Output(session);
        var source = new CancellationTokenSource();
        CancellationToken late = source.Token;
        session.Run(input, output, late);
        source.Cancel();
        TestThreads.AssertSameBits(expected, TestModels.Compute(session, input));
        source.Dispose();
        Assert.Throws<OperationCanceledException>(() => session.Run(input, output, late));
        var other = new CancellationTokenSource();
        CancellationToken token = other.Token;
        other.Dispose();
        session.Run(input, output, token);
        TestThreads.AssertSameBits(expected, output);
    }

    [Fact]
    public void What_is_wrong_with_a_call_is_told_before_that_it_is_too_late()
    {
        Session session = TestModels.ShuffleNet().CreateSession();
        Assert.Throws<ShapeException>(() => session.Run(new float[1], new float[5], TimeSpan.Zero));
        Assert.Throws<InvalidOperationException>(() => default(SessionCall).Run(TimeSpan.Zero));
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Run(new CancellationToken(canceled: true)));
    }

    [Fact]
    public void A_run_is_cancelled_at_any_moment()
    {
        using Model model = TestModels.ShuffleNet();
        Session[] sessions = [.. ThreadsAndImages.Select(row => Make(model, row.Data.Item1, row.Data.Item2))];
        float[][] inputs = [.. sessions.Select(session => TestModels.Input(session))];
        float[][] expected = [.. sessions.Select((session, i) => TestModels.Compute(session, inputs[i]))];
        int stopped = 0;
        TestThreads.Race(round =>
        {
            int i = round % sessions.Length;
            var source = new CancellationTokenSource();
            float[] output = TestModels.Output(sessions[i]);
            bool isComplete = false;
            return (
                () => isComplete = Completes(() => sessions[i].Run(inputs[i], output, source.Token)),
                () =>
                {
                    Thread.SpinWait(round * 37 % 20_000);
                    source.Cancel();
                },
                () =>
                {
                    stopped += isComplete ? 0 : 1;
                    TestThreads.AssertSameBits(expected[i], isComplete ? output : TestModels.Compute(sessions[i], inputs[i]));
                    source.Dispose();
                }
            );
        });
        Array.ForEach(sessions, session => session.Dispose());
        Assert.NotEqual(0, stopped);
    }

    [Fact]
    public void A_session_is_disposed_while_its_run_is_cancelled()
    {
        using Model model = TestModels.ShuffleNet();
        TestThreads.Race(round =>
        {
            Session session = Make(model, 1 + (round % 3), 1 + (round % 2 * 3));
            var source = new CancellationTokenSource();
            float[] input = TestModels.Input(session), output = TestModels.Output(session);
            return (
                () => Completes(() =>
                {
                    while (true)
                    {
                        session.Run(input, output, source.Token);
                    }
                }),
                () =>
                {
                    source.Cancel();
                    session.Dispose();
                },
                () =>
                {
                    Assert.True(session.IsDisposed);
                    Assert.Throws<ObjectDisposedException>(() => session.Run(input, output));
                    source.Dispose();
                }
            );
        });
    }

    private static bool Completes(Action run)
    {
        try
        {
            run();
            return true;
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    private static Session Make(Model model, int threads, int images) => model.CreateSession(
        new SessionOptions { Threads = threads, InputShape = model.DefaultInputShape.With(0, images) });

    // A hundred convolutions, each of some tens of microseconds.
    private static Model Deep()
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 16, 24, 24));
        Tensor weights = TestTensors.Random(new Random(1), new Shape(16, 16, 3, 3), -0.1f, 0.1f);
        ValueHandle y = x;
        for (int layer = 0; layer < (TestSpeed.IsSlow ? 5 : 100); layer++)
        {
            y = y.Convolution(weights, null, Window.Square(3, padding: 1)).Relu();
        }

        return new Model(x.Builder.Build(y.GlobalAveragePool()));
    }

    private sealed class Cancelling(int steps, int at, CancellationTokenSource source) : StepClock(steps)
    {
        public int CompletedSteps { get; private set; }

        public override void Completed(int step)
        {
            base.Completed(step);
            if (CompletedSteps++ == at)
            {
                source.Cancel();
            }
        }
    }
}
