using System.Diagnostics;
using System.Globalization;
using DwEngine.Runtime;

namespace DwEngine.Compare;

/// <summary>What a process with one engine in it took.</summary>
/// <param name="StartToAnswer">Milliseconds from the start of the process to its first answer.</param>
/// <param name="Load">Of those, milliseconds in which the engine read its file and got ready.</param>
/// <param name="PeakBytes">The most memory that was ever resident.</param>
internal sealed record ProcessFacts(double StartToAnswer, double Load, double PeakBytes);

/// <summary>
/// Runs one engine alone in a process of its own: <c>compare --only ours|peer|nothing FILE THREADS</c>. It says when the first answer is
/// there, runs on for a while, and tells how much memory it came to.
/// </summary>
internal static class ChildProcess
{
    private const string Only = "--only", Ours = "ours", Peer = "peer", Nothing = "nothing";
    private const int Repeats = 3, FurtherRuns = 100;

    /// <summary>Whether a command line asks for this.</summary>
    public static bool IsChild(string[] arguments) => arguments is [Only, ..];

    /// <summary>Measures this engine.</summary>
    public static ProcessFacts MeasureOurs(string weights, int threads) => Measure(Ours, weights, threads);

    /// <summary>Measures the peer.</summary>
    public static ProcessFacts MeasurePeer(string onnx, int threads) => Measure(Peer, onnx, threads);

    /// <summary>Measures the .NET runtime without an engine.</summary>
    public static ProcessFacts MeasureNothing() => Measure(Nothing, "-", 1);

    /// <summary>The child's part.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Serve(string[] arguments)
    {
        if (arguments is not [Only, Ours or Peer or Nothing, var file, var count]
            || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int threads) || threads < 1)
        {
            Console.Error.WriteLine($"compare: expected {Only} {Ours}|{Peer}|{Nothing} FILE THREADS.");
            return 1;
        }

        try
        {
            Serve(arguments[1], file, threads);
            return 0;
        }
        catch (Exception error)
        {
            Console.Error.WriteLine($"compare: {error.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    /// <summary>Starts this program anew; what it prints goes to the parent.</summary>
    /// <exception cref="CompareException">The system does not start it.</exception>
    public static Process Start(params ReadOnlySpan<string> arguments)
    {
        string program = Environment.ProcessPath ?? throw new CompareException("The system does not tell this program's path, so no child can be started.");
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        var info = new ProcessStartInfo(program, [.. host, .. arguments])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        return Process.Start(info) ?? throw new CompareException($"{program} could not be started.");
    }

    /// <summary>Tells the parent a number.</summary>
    public static void Say(double value) => Console.WriteLine(value.ToString("r", CultureInfo.InvariantCulture));

    private static void Serve(string engine, string file, int threads)
    {
        long start = Stopwatch.GetTimestamp();
        using IRunner? runner = engine switch
        {
            Ours => EngineRunner.FromFile(file, new SessionOptions { Threads = threads }),
            Peer => PeerRunner.FromFile(file, threads),
            _ => null,
        };
        double load = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        runner?.Run();
        Say(load);
        for (int i = 0; i < FurtherRuns; i++)
        {
            runner?.Run();
        }

        using Process self = Process.GetCurrentProcess();
        Say(self.PeakWorkingSet64);
    }

    private static ProcessFacts Measure(string engine, string file, int threads)
    {
        ProcessFacts[] facts = [.. Enumerable.Range(0, Repeats).Select(_ => MeasureOnce(engine, file, threads))];
        return new ProcessFacts(
            new Timing(facts.Select(fact => fact.StartToAnswer)).Median,
            new Timing(facts.Select(fact => fact.Load)).Median,
            new Timing(facts.Select(fact => fact.PeakBytes)).Median);
    }

    private static ProcessFacts MeasureOnce(string engine, string file, int threads)
    {
        long start = Stopwatch.GetTimestamp();
        using Process child = Start(Only, engine, file, threads.ToString(CultureInfo.InvariantCulture));
        string? load = child.StandardOutput.ReadLine();
        double answered = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        string? peak = child.StandardOutput.ReadLine();
        child.WaitForExit();
        return child.ExitCode == 0 && load is not null && peak is not null
            ? new ProcessFacts(answered, double.Parse(load, CultureInfo.InvariantCulture), double.Parse(peak, CultureInfo.InvariantCulture))
            : throw new CompareException($"The process that runs '{engine}' alone on {file} failed with exit code {child.ExitCode}.");
    }
}
