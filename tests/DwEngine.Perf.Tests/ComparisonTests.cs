using System.Diagnostics;
using DwEngine.Compare;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Perf.Tests;

public class ComparisonTests
{
    [Fact]
    public void The_order_of_two_sides_does_not_matter_for_whose_figures_they_are()
    {
        using FakeRunner ours = new(Engine.Ours, 1), peer = new(Engine.Peer, 4);
        foreach ((IRunner first, IRunner second) in ((IRunner, IRunner)[])[(peer, ours), (ours, peer)])
        {
            Samples samples = Interleaver.Measure(first, second, TimeSpan.Zero, TestContext.Current.CancellationToken);
            Assert.True(samples.Runs.Ours.Quantile(double.Epsilon) < 4);
            Assert.True(samples.Runs.Peer.Quantile(double.Epsilon) >= 4);
            Assert.True(samples.RoundRatios.Quantile(1) > 1);
        }

        Assert.Throws<ArgumentException>(() => Interleaver.Measure(ours, ours, TimeSpan.Zero, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Both_sides_are_made_from_their_own_engine()
    {
        BySide<string> words = BySide.Of(Engines.WordOf);
        Assert.Equal(("ours", "peer"), (words.Ours, words.Peer));
        Assert.Equal(("ours", "peer"), (words[Engine.Ours], words[Engine.Peer]));
        Assert.Equal(("DwEngine", "ONNX Runtime"), (Engines.NameOf(Engine.Ours), Engines.NameOf(Engine.Peer)));
        var pair = new ModelPair("net", "net.pth", "net.onnx");
        Assert.Equal(("net.pth", "net.onnx"), (pair.FileOf(Engine.Ours), pair.FileOf(Engine.Peer)));
        Assert.True(Engines.TryParse("ours", out Engine ours) && ours == Engine.Ours);
        Assert.True(Engines.TryParse("peer", out Engine peer) && peer == Engine.Peer);
        Assert.False(Engines.TryParse("nothing", out _));
    }

    [Fact]
    public void Our_side_is_this_engine()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("dwengine-compare-");
        try
        {
            NetworkModel model = TestModels.ShuffleNet();
            string file = Path.Combine(folder.FullName, "net.safetensors");
            ModelFile.Save(file, model.Graph, model.Metadata);
            using IRunner runner = Engines.Load(Engine.Ours, file, new RunnerOptions(1));
            Assert.Equal(Engine.Ours, runner.Engine);
            OutputDifference.FillInput(runner.Input);
            runner.Run();
            using Session session = model.CreateSession();
            Assert.Equal(TestModels.Compute(session, runner.Input), runner.Output.ToArray());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Latency_counts_from_when_a_frame_is_due_and_waiting_is_no_work()
    {
        var clock = new FakeClock { Late = 0.5, Polled = 0.25 };
        using var runner = new ClockedRunner(clock, _ => 4);
        PacedFrames frames = Pacer.Run(runner, hertz: 100, seconds: 0.1, clock);
        Assert.Equal(10, frames.Latencies.Length);
        Assert.All(frames.Latencies, latency => Assert.Equal(4.5, latency, 1e-9));
        Assert.Equal(40, frames.Cpu, 1e-9);
        Assert.Equal(100, frames.Wall, 1e-9);
        Assert.Equal(0, frames.Dropped);
        Assert.Equal(13, runner.Runs);
    }

    [Fact]
    public void A_frame_that_waits_for_the_run_before_it_pays_for_that()
    {
        var clock = new FakeClock();
        // The first counted run ends 5 ms after the second frame is due.
        using var runner = new ClockedRunner(clock, run => run == 4 ? 15 : 2);
        PacedFrames frames = Pacer.Run(runner, hertz: 100, seconds: 0.03, clock);
        Assert.Equal([15, 7, 2], frames.Latencies.Select(latency => Math.Round(latency, 6)));
        Assert.Equal(0, frames.Dropped);
    }

    [Fact]
    public void Of_frames_that_wait_only_the_newest_is_taken()
    {
        var clock = new FakeClock();
        // While the first counted frame is worked on, four others come: the last of them is 5 ms old.
        using var runner = new ClockedRunner(clock, run => run == 4 ? 45 : 2);
        PacedFrames frames = Pacer.Run(runner, hertz: 100, seconds: 0.06, clock);
        Assert.Equal([45, 7, 2], frames.Latencies.Select(latency => Math.Round(latency, 6)));
        Assert.Equal(3, frames.Dropped);
        Assert.Equal(6, runner.Runs);
    }

    [Fact]
    public void An_engine_slower_than_the_rate_has_figures_all_the_same()
    {
        var clock = new FakeClock();
        using var runner = new ClockedRunner(clock, _ => 1000);
        PacedFrames frames = Pacer.Run(runner, hertz: 100, seconds: 0.1, clock);
        Assert.NotEmpty(frames.Latencies);
        Assert.All(frames.Latencies, latency => Assert.True(latency >= 1000));
        Assert.InRange(frames.Cpu / frames.Wall, 0.5, 1.001);
    }

    [Fact]
    public void What_a_child_tells_of_a_turn_is_what_its_parent_reads()
    {
        var told = new PacedFrames([1.5, 1e-3, 1.0 / 3], 12.25, 100.5, 7);
        PacedFrames read = Assert.IsType<PacedFrames>(PacedProcess.Parse(PacedProcess.Format(told)));
        Assert.Equal(told.Latencies, read.Latencies);
        Assert.Equal((told.Cpu, told.Wall, told.Dropped), (read.Cpu, read.Wall, read.Dropped));
        Assert.All((string[])["", "1 2 3", "1 2 3 x", "compare: failed"], line => Assert.Null(PacedProcess.Parse(line)));
    }

    [Fact]
    public void Turns_are_taken_together()
    {
        PacedFacts facts = PacedFacts.Of([new PacedFrames([1, 2, 3], 10, 100, 1), new PacedFrames([4, 5], 50, 100, 2)]);
        Assert.Equal((5, 3.0, 0.3, 3), (facts.Latencies.Count, facts.Latencies.Median, facts.CpuShare, facts.Dropped));
    }

    [Fact]
    public void A_wait_never_ends_early_and_sleeps_most_of_its_time()
    {
        var clock = new PaceClock();
        double polled = double.PositiveInfinity;
        // The machine may be busy: a sleep that ends too late leaves nothing to poll, one that a signal ends early leaves much.
        for (int attempt = 0; attempt < 20 && polled > 2; attempt++)
        {
            double end = clock.Now + 20;
            polled = clock.WaitUntil(end);
            Assert.True(clock.Now >= end);
        }

        Assert.InRange(polled, 0, 2);
        double now = clock.Now;
        clock.WaitUntil(now - 5);
    }

    private abstract class Runner(Engine engine) : IRunner
    {
        public Engine Engine => engine;

        public Span<float> Input => [];

        public ReadOnlySpan<float> Output => [];

        public abstract void Run();

        public void Dispose()
        {
        }
    }

    private sealed class FakeRunner(Engine engine, int milliseconds) : Runner(engine)
    {
        public override void Run()
        {
            for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds;)
            {
                Thread.Sleep(milliseconds);
            }
        }
    }

    private sealed class ClockedRunner(FakeClock clock, Func<int, double> duration) : Runner(Engine.Ours)
    {
        public int Runs { get; private set; }

        public override void Run() => clock.Work(duration(++Runs));
    }

    private sealed class FakeClock : IPaceClock
    {
        /// <summary>How much later than asked a wait ends.</summary>
        public double Late { get; init; }

        /// <summary>CPU time of a wait.</summary>
        public double Polled { get; init; }

        public double Now { get; private set; } = 1e6;

        public double Cpu { get; private set; } = 500;

        public void Work(double milliseconds)
        {
            Now += milliseconds;
            Cpu += milliseconds;
        }

        public double WaitUntil(double time)
        {
            if (Now >= time)
            {
                return 0;
            }

            Now = time + Late;
            Cpu += Polled;
            return Polled;
        }
    }
}
