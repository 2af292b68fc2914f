using System.Diagnostics;
using System.Globalization;
using DwEngine.Runtime;
using DwEngine.Simd;

namespace DwEngine.Compare;

/// <summary>One engine at the rate of a camera.</summary>
/// <param name="Latencies">For each frame, from when it was due until its answer was there.</param>
/// <param name="CpuShare">CPU time of the process over time: 1 is one core.</param>
/// <param name="Dropped">Frames that were never taken.</param>
internal sealed record PacedFacts(Timing Latencies, double CpuShare, int Dropped)
{
    /// <summary>The turns of one engine taken together.</summary>
    public static PacedFacts Of(IReadOnlyCollection<PacedFrames> turns) => new(
        new Timing(turns.SelectMany(turn => turn.Latencies)),
        turns.Sum(turn => turn.Cpu) / turns.Sum(turn => turn.Wall),
        turns.Sum(turn => turn.Dropped));
}

/// <summary>Both engines at the rate of a camera, one image.</summary>
/// <param name="Model">The network.</param>
/// <param name="Threads">Threads of each side.</param>
/// <param name="Hertz">Frames in a second.</param>
/// <param name="Sides">What came of it.</param>
internal sealed record PacedResult(string Model, int Threads, double Hertz, BySide<PacedFacts> Sides);

/// <summary>
/// Runs each engine alone at the rate of a camera, in a process of its own: <c>compare --paced-child ours|peer FILE THREADS HZ ISA
/// AFFINITY</c>. The child says which engine it is when it is warm, and then reads how many seconds to run from standard input and tells of
/// each frame, until the input ends. Both processes live at the same time and run in turns.
/// </summary>
internal sealed class PacedProcess : IDisposable
{
    /// <summary>Seconds for each engine.</summary>
    public const double Seconds = Turns * SecondsOfTurn;

    private const string Child = "--paced-child", BestIsa = "best";
    private const int Turns = 2;
    private const double SecondsOfTurn = 4;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Engine _engine;
    private readonly string _file;
    private readonly Process _process;

    private PacedProcess(Engine engine, string file, RunnerOptions options, double hertz)
    {
        _engine = engine;
        _file = file;
        _process = ChildProcess.Start(
            Child,
            Engines.WordOf(engine),
            file,
            options.Threads.ToString(CultureInfo.InvariantCulture),
            Text(hertz),
            options.Isa?.ToString() ?? BestIsa,
            options.Affinity.ToString());
    }

    /// <summary>Whether a command line asks for this.</summary>
    public static bool IsChild(string[] arguments) => arguments is [Child, ..];

    /// <summary>Measures both engines.</summary>
    /// <exception cref="CompareException">A process failed.</exception>
    public static PacedResult Measure(ModelPair pair, RunnerOptions options, double hertz, CancellationToken cancellation)
    {
        using var ours = new PacedProcess(Engine.Ours, pair.FileOf(Engine.Ours), options, hertz);
        using var peer = new PacedProcess(Engine.Peer, pair.FileOf(Engine.Peer), options, hertz);
        var processes = new BySide<PacedProcess>(ours, peer);
        BySide<List<PacedFrames>> turns = BySide.Of(_ => new List<PacedFrames>());
        ours.AwaitWarm();
        peer.AwaitWarm();
        for (int turn = 0; turn < Turns; turn++)
        {
            foreach (Engine engine in Enum.GetValues<Engine>())
            {
                cancellation.ThrowIfCancellationRequested();
                turns[engine].Add(processes[engine].Run(SecondsOfTurn));
            }
        }

        return new PacedResult(pair.Name, options.Threads, hertz, BySide.Of(engine => PacedFacts.Of(turns[engine])));
    }

    /// <summary>The child's part.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Serve(string[] arguments)
    {
        if (arguments is not [Child, var word, var file, var count, var rate, var isa, var affinity]
            || !Engines.TryParse(word, out Engine engine)
            || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int threads) || threads < 1
            || !double.TryParse(rate, NumberStyles.Float, CultureInfo.InvariantCulture, out double hertz) || hertz is not (> 0 and < 1e6)
            || !Enum.TryParse(affinity, out ThreadAffinity parsedAffinity)
            || !Enum.TryParse(isa == BestIsa ? Isas.Best.ToString() : isa, out Isa parsedIsa))
        {
            return ChildProcess.FailUsage($"{Child} ours|peer FILE THREADS HZ ISA AFFINITY");
        }

        return ChildProcess.Guard(() =>
        {
            using IRunner runner = Engines.Load(engine, file, new RunnerOptions(threads, parsedIsa, parsedAffinity));
            OutputDifference.FillInput(runner.Input);
            WarmUp.Run(runner.Run);
            Console.WriteLine(Engines.WordOf(runner.Engine));
            var clock = new PaceClock();
            while (Console.ReadLine() is { } seconds)
            {
                PacedFrames frames = Pacer.Run(runner, hertz, double.Parse(seconds, CultureInfo.InvariantCulture), clock);
                Console.WriteLine(Format(frames));
            }
        });
    }

    /// <summary>What a child tells of a turn.</summary>
    public static string Format(PacedFrames frames) =>
        string.Join(' ', ((double[])[frames.Cpu, frames.Wall, frames.Dropped, .. frames.Latencies]).Select(Text));

    /// <summary>What a child told of a turn; null if that is not what a child tells.</summary>
    public static PacedFrames? Parse(string line)
    {
        var numbers = new List<double>();
        foreach (string part in line.Split(' '))
        {
            if (!double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
            {
                return null;
            }

            numbers.Add(number);
        }

        return numbers is [var cpu, var wall, var dropped, .. { Count: > 0 } latencies]
            ? new PacedFrames([.. latencies], cpu, wall, (int)dropped) : null;
    }

    /// <summary>Lets the child end.</summary>
    public void Dispose()
    {
        _process.StandardInput.Dispose();
        if (!_process.WaitForExit(s_patience))
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static string Text(double value) => value.ToString("r", CultureInfo.InvariantCulture);

    private void AwaitWarm()
    {
        string? word = _process.StandardOutput.ReadLine();
        if (word != Engines.WordOf(_engine))
        {
            throw Failure(word);
        }
    }

    private PacedFrames Run(double seconds)
    {
        _process.StandardInput.WriteLine(Text(seconds));
        string? line = _process.StandardOutput.ReadLine();
        return line is null ? throw Failure(line) : Parse(line) ?? throw Failure(line);
    }

    private CompareException Failure(string? found) =>
        new($"The process that runs '{Engines.WordOf(_engine)}' at a fixed rate on {_file} "
            + $"{(found is null ? "ended early" : $"says '{found}'")}.");
}
