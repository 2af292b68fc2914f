using System.Diagnostics;
using System.Runtime.InteropServices;
using DwEngine.Graphs;
using DwEngine.Planning;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Tests.Planning;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>Whose memory a session reads and writes, and when.</summary>
public unsafe class SessionMemoryTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(4, 2)]
    public void Spans_that_overlap_are_refused_and_nothing_is_written(int batch, int threads)
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(batch, 4, 1, 2));
        var model = new Model(x.Builder.Build(x.ChannelShuffle(2)));
        using Session session = model.CreateSession(new SessionOptions { Threads = threads });
        int length = (int)session.InputShape.ElementCount;
        float[] memory = [.. Enumerable.Range(0, 3 * length).Select(i => (float)i)], before = [.. memory];
        TimeSpan[] durations = new TimeSpan[session.Steps.Length];
        for (int start = 0; start <= 2 * length; start++)
        {
            int outputStart = start;
            if (Math.Abs(outputStart - length) < length)
            {
                Assert.Throws<ArgumentException>(() => session.Run(memory.AsSpan(length, length), memory.AsSpan(outputStart, length)));
                Assert.Throws<ArgumentException>(
                    () => session.Profile(memory.AsSpan(length, length), memory.AsSpan(outputStart, length), durations));
                Assert.Equal(before, memory);
            }
            else
            {
                session.Run(memory.AsSpan(length, length), memory.AsSpan(outputStart, length));
                Assert.Equal(before[length..(2 * length)], memory[length..(2 * length)]);
                TestThreads.AssertSameBits(TestModels.Compute(session, before.AsSpan(length, length)), memory.AsSpan(outputStart, length));
                before = [.. memory];
            }
        }
    }

    [Fact]
    public void Durations_that_overlap_the_output_are_refused()
    {
        using Session session = TestModels.Relu(new Shape(1, 1, 8, 8)).CreateSession();
        TimeSpan[] memory = new TimeSpan[32];
        Assert.Throws<ArgumentException>(() => session.Profile(
            new float[64], MemoryMarshal.Cast<TimeSpan, float>(memory.AsSpan()), memory.AsSpan(3, session.Steps.Length)));
    }

    [Fact]
    public void Memory_and_threads_stay_with_a_run_during_which_the_session_is_disposed()
    {
        Model model = TestModels.Slow();
        float[] input, expected;
        using (Session session = model.CreateSession())
        {
            input = TestModels.Input(session);
            expected = TestModels.Compute(session, input);
        }

        int met = 0;
        long start = Stopwatch.GetTimestamp();
        for (int attempt = 0; met < 5; attempt++)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TestThreads.Patience, "No disposal met a run.");
            var helpers = new List<Thread>();
            Session session = model.CreateSession(new SessionOptions
            {
                Threads = 1 + (attempt % 2),
                StartThread = thread =>
                {
                    helpers.Add(thread);
                    thread.Start();
                },
            });
            float[] output = TestModels.Output(session);
            bool isDone = false;
            TestThreads.Run(
                () =>
                {
                    session.Run(input, output);
                    Volatile.Write(ref isDone, true);
                },
                () =>
                {
                    SpinWait.SpinUntil(() => !session.IsIdle || Volatile.Read(ref isDone), TestThreads.Patience);
                    session.Dispose();
                    Assert.True(session.IsDisposed);
                    // Whoever wants as much memory now must not get what the run still uses.
                    using Session next = model.CreateSession(new SessionOptions { Threads = session.Threads });
                    bool isMet = !Volatile.Read(ref isDone);
                    met += isMet ? 1 : 0;
                    TestThreads.AssertSameBits(expected, TestModels.Compute(next, input));
                });
            TestThreads.AssertSameBits(expected, output);
            Assert.All(helpers, helper => Assert.True(helper.Join(TestThreads.Patience), "A helper stays."));
        }
    }

    [Fact]
    public void More_threads_than_any_machine_has_are_refused()
    {
        Model model = TestModels.Relu(new Shape(1, 1, 4, 4));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => model.CreateSession(new SessionOptions { Threads = SessionOptions.MaxThreads + 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.CreateSession(new SessionOptions { Threads = int.MaxValue }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new SessionPool(model, new SessionOptions { Threads = SessionOptions.MaxThreads + 1 }));
        using Session session = model.CreateSession(new SessionOptions { Threads = SessionOptions.MaxThreads });
        float[] input = TestModels.Input(session);
        Assert.Equal(input.Select(value => Math.Max(value, 0)), TestModels.Compute(session, input));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_workspace_may_lie_against_an_unreadable_page(bool atStart)
    {
        Model shuffleNet = TestModels.ShuffleNet();
        RunBetweenGuards(shuffleNet, shuffleNet.DefaultInputShape, atStart);
        foreach (string name in HandMadeGraphs.Names)
        {
            Graph graph = HandMadeGraphs.Make(name, 2).Graph;
            if (graph is { Inputs: [var input], Outputs: [_] })
            {
                RunBetweenGuards(new Model(graph), input.DefaultShape, atStart);
            }
        }
    }

    private static void RunBetweenGuards(Model model, Shape inputShape, bool atStart)
    {
        const int Workers = 3;
        Tensor input = TestTensors.Random(new Random(1), inputShape);
        foreach (Isa isa in Isas.Supported)
        {
            using Session session = model.CreateSession(new SessionOptions { InputShape = inputShape, Isa = isa });
            float[] expected = TestModels.Compute(session, input.Floats), output = TestModels.Output(session);
            Plan plan = session.Plan;
            using var memory = new GuardedMemory(
                checked((int)(Workspace.ByteLength(plan, Workers) / sizeof(float))), atStart ? GuardEdge.Start : GuardEdge.End);
            var workspace = new Workspace(plan, (byte*)memory.Pointer, Workers);
            fixed (float* source = input.Floats, target = output)
            {
                for (int image = 0; image < session.Images; image++)
                {
                    workspace.Point([(nint)source, (nint)target], image);
                    for (int step = 0; step < workspace.StepCount; step++)
                    {
                        for (int task = 0; task < workspace.TaskCount(step); task++)
                        {
                            workspace.Run(step, task, task + 1, task % Workers);
                        }
                    }
                }
            }

            memory.AssertSlackIsUntouched("The workspace");
            TestThreads.AssertSameBits(expected, output);
        }
    }
}
