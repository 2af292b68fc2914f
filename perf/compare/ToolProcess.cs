using System.ComponentModel;
using System.Diagnostics;
using DwEngine.Runtime;

namespace DwEngine.Compare;

/// <summary>
/// The command line tool in a process of its own: <c>PROGRAM run FILE PICTURE</c>, which reads both files, runs the network once and prints
/// the most likely classes.
/// </summary>
/// <param name="Program">The tool's program.</param>
/// <param name="Picture">The picture.</param>
internal sealed record ToolProcess(string Program, string Picture)
{
    private const int Repeats = 5;

    /// <summary>The median time from the start of the process to its end, in milliseconds.</summary>
    /// <exception cref="CompareException">The program could not be started, or failed.</exception>
    public double Measure(string file) => new Timing(Enumerable.Range(0, Repeats).Select(_ => MeasureOnce(file))).Median;

    private double MeasureOnce(string file)
    {
        var info = new ProcessStartInfo(Program, ["run", file, Picture])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        try
        {
            long start = Stopwatch.GetTimestamp();
            using Process child = Process.Start(info) ?? throw new CompareException($"{Program} could not be started.");
            Task<string> errors = child.StandardError.ReadToEndAsync();
            child.StandardOutput.ReadToEnd();
            child.WaitForExit();
            double answered = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            return child.ExitCode == 0
                ? answered
                : throw new CompareException($"{Program} failed with exit code {child.ExitCode}: {errors.Result.Trim()}");
        }
        catch (Win32Exception error)
        {
            throw new CompareException($"{Program} could not be started: {error.Message}");
        }
    }
}
