using System.Diagnostics;
using System.Runtime.CompilerServices;
using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>Tests that measure the whole process, and therefore run while no other test does.</summary>
[CollectionDefinition("quiet process", DisableParallelization = true)]
public class QuietProcess;

[Collection("quiet process")]
public class QuietProcessTests
{
    // Of a second, for the whole process.
    private static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(50);

    public static MatrixTheoryData<int, Isa> ThreadsAndIsas => new([1, 2, 3], Isas.Supported);

    [Theory]
    [MemberData(nameof(ThreadsAndIsas))]
    public void A_run_allocates_nothing_on_any_thread(int threads, Isa isa)
    {
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = threads, Isa = isa });
        float[] input = TestModels.Input(session), output = TestModels.Output(session);
        (long caller, long process) = (int.MaxValue, int.MaxValue);
        for (long start = Stopwatch.GetTimestamp(); caller + process != 0 && Stopwatch.GetElapsedTime(start) < Allocation.Patience;)
        {
            session.Run(input, output);
            long processBefore = GC.GetTotalAllocatedBytes(precise: true), callerBefore = GC.GetAllocatedBytesForCurrentThread();
            for (int run = 0; run < 20; run++)
            {
                session.Prepare();
                session.Run(input, output);
            }

            caller = Math.Min(caller, GC.GetAllocatedBytesForCurrentThread() - callerBefore);
            process = Math.Min(process, GC.GetTotalAllocatedBytes(precise: true) - processBefore);
        }

        Assert.Equal((0, 0), (caller, process));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(2, 3)]
    public void A_run_that_could_be_stopped_allocates_nothing_on_any_thread(int threads, int images)
    {
        Model model = TestModels.ShuffleNet();
        using Session session = model.CreateSession(
            new SessionOptions { Threads = threads, InputShape = model.DefaultInputShape.With(0, images) });
        using var source = new CancellationTokenSource();
        float[] input = TestModels.Input(session), output = TestModels.Output(session);
        Assert.Equal(0, Allocation.Least(
            () =>
            {
                session.Run(input, output, source.Token);
                session.Run(input, output, TimeSpan.FromMinutes(1));
                session.Run(source.Token);
                session.Run(TimeSpan.MaxValue);
                session.With().Output<float>(session.Outputs[0].Name, output).Run(source.Token);
                session.With().Output<float>(session.Outputs[0].Name, output).Run(TimeSpan.FromMinutes(1));
            },
            allocated: () => GC.GetTotalAllocatedBytes(precise: true)));
    }

    [Fact]
    public void Named_inputs_and_outputs_in_the_callers_memory_allocate_nothing()
    {
        using Session session = TestModels.FloatsAndBytes().CreateSession();
        float[] numbers = new float[48], doubled = new float[48];
        byte[] pixels = new byte[48];
        byte[] same = new byte[48];
        Assert.Equal(0, Allocation.Least(() => session.With()
            .Input("numbers", numbers.AsSpan())
            .Input<byte>("pixels", pixels)
            .Output("doubled", doubled.AsSpan())
            .Output<byte>("same", same)
            .Run()));
    }

    [Fact]
    public void Named_inputs_and_outputs_in_the_sessions_memory_allocate_nothing()
    {
        using Session session = TestModels.FloatsAndBytes().CreateSession();
        Assert.Equal(0, Allocation.Least(() =>
        {
            session.Input<float>("numbers").Fill(3);
            session.Input<byte>("pixels").Fill(200);
            session.Run();
            if (session.Output<float>("doubled")[^1] != 6 || session.Output<byte>("same")[^1] != 200)
            {
                throw new InvalidOperationException("The outputs are wrong.");
            }
        }));
    }

    [Fact]
    public void A_model_need_not_keep_the_weights_as_they_were_loaded()
    {
        // 8 MiB of weights, and a batch norm to fold into them.
        const int Channels = 1448;
        (Model whole, long both) = Held(ModelMemoryOptions.Default);
        (Model lean, long one) = Held(new ModelMemoryOptions { KeepsOriginal = false });
        Assert.NotSame(whole.Graph, whole.Optimized);
        Assert.Same(lean.Graph, lean.Optimized);
        const long Weights = sizeof(float) * Channels * Channels;
        Assert.InRange(both - one, Weights * 9 / 10, Weights * 11 / 10);

        foreach (int size in (int[])[1, 2, 3])
        {
            var options = new SessionOptions { InputShape = new Shape(1, Channels, size, 1) };
            using Session expected = whole.CreateSession(options), found = lean.CreateSession(options);
            float[] input = TestModels.Input(expected);
            Assert.Equal(TestModels.Compute(expected, input), TestModels.Compute(found, input));
        }

        Assert.Equal(whole.PackedWeightBytes, lean.PackedWeightBytes);
        whole.Dispose();
        lean.Dispose();

        static (Model Model, long Bytes) Held(ModelMemoryOptions options)
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            Model model = Make(options);
            return (model, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        static Model Make(ModelMemoryOptions options)
        {
            ValueHandle x = new GraphBuilder().Input("x", new Shape(1, Channels, 1, 1));
            float[] ones = new float[Channels];
            ones.AsSpan().Fill(1);
            var vector = Tensor.FromFloats(new Shape(Channels), ones);
            Tensor weights = TestTensors.Random(new Random(1), new Shape(Channels, Channels, 1, 1), -0.1f, 0.1f);
            ValueHandle y = x.Convolution(weights, null, Window.Square(1)).BatchNorm(vector, vector, vector, vector);
            return new Model(x.Builder.Build(y), options);
        }
    }

    [Fact]
    public async Task Renting_and_returning_allocates_nothing()
    {
        using var pool = new SessionPool(TestModels.Relu(new Shape(1, 1, 4, 4)), maximum: 3);
        long least = long.MaxValue;
        for (long start = Stopwatch.GetTimestamp(); least != 0 && Stopwatch.GetElapsedTime(start) < Allocation.Patience;)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                using SessionPool.Lease first = pool.Rent(), second = pool.Rent();
                // Nobody waits, so it goes on on this thread.
                using SessionPool.Lease third = await pool.RentAsync(TestContext.Current.CancellationToken);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void Memory_that_sessions_leave_behind_has_a_limit()
    {
        long limit = EngineMemory.MaxIdleBytes;
        Assert.Equal(256L << 20, limit);
        AlignedMemory.Settle();
        Assert.Equal(0, EngineMemory.IdleBytes);
        try
        {
            EngineMemory.MaxIdleBytes = 1 << 20;
            Model model = TestModels.Slow();
            for (int size = 8; size < 100; size += 4)
            {
                Session session = model.CreateSession(new SessionOptions { InputShape = model.DefaultInputShape.With(2, size) });
                session.Dispose();
                Assert.InRange(EngineMemory.IdleBytes, session.ArenaBytes <= 1 << 19 ? session.ArenaBytes : 0, EngineMemory.MaxIdleBytes);
            }

            EngineMemory.MaxIdleBytes = 0;
            Assert.Equal(0, EngineMemory.IdleBytes);
            Assert.Throws<ArgumentOutOfRangeException>(() => EngineMemory.MaxIdleBytes = -1);
        }
        finally
        {
            EngineMemory.MaxIdleBytes = limit;
        }
    }

    [Fact]
    public void A_session_whose_threads_cannot_be_started_leaves_no_thread_and_gives_its_memory_back()
    {
        Model model = TestModels.Slow();
        AlignedMemory.Settle();
        var started = new List<Thread>();
        var options = new SessionOptions
        {
            Threads = 6,
            StartThread = thread =>
            {
                if (started.Count == 3)
                {
                    throw new OutOfMemoryException("no more threads");
                }

                started.Add(thread);
                thread.Start();
            },
        };
        ResourceException error = Assert.Throws<ResourceException>(() => model.CreateSession(options));
        Assert.Contains("3 of 5", error.Message, StringComparison.Ordinal);
        Assert.IsType<OutOfMemoryException>(error.InnerException);
        Assert.All(started, thread => Assert.True(thread.Join(TestThreads.Patience), "A helper stays."));
        Assert.True(EngineMemory.IdleBytes > 0);
        using Session session = model.CreateSession(options with { StartThread = null });
        Assert.Equal(0, EngineMemory.IdleBytes);
    }

    [Fact]
    [Trait("Category", "Native")]
    public void Idle_sessions_use_no_CPU()
    {
        Model model = TestModels.ShuffleNet();
        Session[] sessions = [.. Enumerable.Range(0, 4).Select(_ => model.CreateSession(new SessionOptions { Threads = 2 }))];
        foreach (Session session in sessions)
        {
            TestModels.Compute(session, TestModels.Input(session));
        }

        using Process process = Process.GetCurrentProcess();
        TimeSpan least = TimeSpan.MaxValue;
        for (long start = Stopwatch.GetTimestamp(); least >= s_idle && Stopwatch.GetElapsedTime(start) < TestThreads.Patience;)
        {
            process.Refresh();
            TimeSpan before = process.TotalProcessorTime;
            Thread.Sleep(1000);
            process.Refresh();
            TimeSpan used = process.TotalProcessorTime - before;
            least = used < least ? used : least;
        }

        Array.ForEach(sessions, session => session.Dispose());
        Assert.InRange(least, TimeSpan.Zero, s_idle);
    }
}
