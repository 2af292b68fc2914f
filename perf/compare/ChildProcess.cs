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
    /// <summary>The exit code of a command line that is wrong.</summary>
    public const int Usage = 2;

    private const string Only = "--only", Nothing = "nothing";
    private const int Repeats = 3, FurtherRuns = 100;

    /// <summary>Whether a command line asks for this.</summary>
    public static bool IsChild(string[] arguments) => arguments is [Only, ..];

    /// <summary>Measures both engines, one after the other.</summary>
    public static BySide<ProcessFacts> Measure(ModelPair pair, int threads) =>
        BySide.Of(engine => Measure(Engines.WordOf(engine), pair.FileOf(engine), threads));

    /// <summary>Measures the .NET runtime without an engine.</summary>
    public static ProcessFacts MeasureNothing() => Measure(Nothing, "-", 1);

    /// <summary>The child's part.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Serve(string[] arguments)
    {
        if (arguments is not [Only, var word, var file, var count] || (word != Nothing && !Engines.TryParse(word, out _))
            || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int threads) || threads < 1)
        {
            return FailUsage($"{Only} ours|peer|{Nothing} FILE THREADS");
        }

        return Guard(() => Serve(word, file, threads));
    }

    /// <summary>Says what a child's command line must look like.</summary>
    /// <returns>The process's exit code.</returns>
    public static int FailUsage(string expected)
    {
        Console.Error.WriteLine($"compare: expected {expected}.");
        return Usage;
    }

    /// <summary>Does a child's work; an error is one line.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Guard(Action serve)
    {
        try
        {
            serve();
            return 0;
        }
        catch (Exception error)
        {
            Console.Error.WriteLine($"compare: {error.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    /// <summary>Starts this program anew; it reads from the parent, and what it prints goes there.</summary>
    /// <exception cref="CompareException">The system does not start it.</exception>
    public static Process Start(params ReadOnlySpan<string> arguments)
    {
        string program = Environment.ProcessPath ?? throw new CompareException(
            "The system does not tell this program's path, so no child can be started.");
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        var info = new ProcessStartInfo(program, [.. host, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        return Process.Start(info) ?? throw new CompareException($"{program} could not be started.");
    }

    /// <summary>Tells the parent a number.</summary>
    public static void Say(double value) => Console.WriteLine(value.ToString("r", CultureInfo.InvariantCulture));

    private static void Serve(string word, string file, int threads)
    {
        long start = Stopwatch.GetTimestamp();
        using IRunner? runner = Engines.TryParse(word, out Engine engine) ? Engines.Load(engine, file, new RunnerOptions(threads)) : null;
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

    private static ProcessFacts Measure(string word, string file, int threads)
    {
        ProcessFacts[] facts = [.. Enumerable.Range(0, Repeats).Select(_ => MeasureOnce(word, file, threads))];
        return new ProcessFacts(
            new Timing(facts.Select(fact => fact.StartToAnswer)).Median,
            new Timing(facts.Select(fact => fact.Load)).Median,
            new Timing(facts.Select(fact => fact.PeakBytes)).Median);
    }

    private static ProcessFacts MeasureOnce(string word, string file, int threads)
    {
        long start = Stopwatch.GetTimestamp();
        using Process child = Start(Only, word, file, threads.ToString(CultureInfo.InvariantCulture));
        string? load = child.StandardOutput.ReadLine();
        double answered = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        string? peak = child.StandardOutput.ReadLine();
        child.WaitForExit();
        return child.ExitCode == 0 && load is not null && peak is not null
            ? new ProcessFacts(answered, double.Parse(load, CultureInfo.InvariantCulture), double.Parse(peak, CultureInfo.InvariantCulture))
            : throw new CompareException($"The process that runs '{word}' alone on {file} failed with exit code {child.ExitCode}.");
    }
}
