using System.Diagnostics;
using System.Globalization;
using DwEngine.Runtime;

namespace DwEngine.Compare;

/// <summary>CPU time that each engine takes with live sessions that nobody runs.</summary>
/// <param name="Model">The network.</param>
/// <param name="Milliseconds">Milliseconds of each engine's process.</param>
internal sealed record IdleResult(string Model, BySide<double> Milliseconds);

/// <summary>
/// Keeps sessions of one engine without work in a process of its own: <c>compare --idle ours|peer FILE</c>. It runs each until all is warm,
/// does nothing for a while, and tells the CPU time that the process took meanwhile.
/// </summary>
internal static class IdleProcess
{
    /// <summary>Live sessions of each process.</summary>
    public const int Sessions = 4;

    /// <summary>Seconds without work.</summary>
    public const int Seconds = 10;

    private const string Idle = "--idle";
    private const int Threads = 2, Runs = 30;

    /// <summary>Whether a command line asks for this.</summary>
    public static bool IsChild(string[] arguments) => arguments is [Idle, ..];

    /// <summary>Measures both engines at the same time: a process's CPU time is its own.</summary>
    /// <exception cref="CompareException">A process failed.</exception>
    public static IdleResult Measure(ModelPair pair)
    {
        using Process ours = Start(Engine.Ours), peer = Start(Engine.Peer);
        var children = new BySide<Process>(ours, peer);
        return new IdleResult(pair.Name, BySide.Of(Read));

        Process Start(Engine engine) => ChildProcess.Start(Idle, Engines.WordOf(engine), pair.FileOf(engine));

        double Read(Engine engine)
        {
            Process child = children[engine];
            string? word = child.StandardOutput.ReadLine();
            string? line = child.StandardOutput.ReadLine();
            child.WaitForExit();
            return child.ExitCode == 0 && word == Engines.WordOf(engine) && line is not null
                ? double.Parse(line, CultureInfo.InvariantCulture)
                : throw new CompareException(
                    $"The process with idle sessions of '{Engines.WordOf(engine)}' of {pair.Name} failed with exit code {child.ExitCode}.");
        }
    }

    /// <summary>The child's part.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Serve(string[] arguments)
    {
        return arguments is [Idle, var word, var file] && Engines.TryParse(word, out Engine engine)
            ? ChildProcess.Guard(() => ChildProcess.Say(Measure(engine, file)))
            : ChildProcess.FailUsage($"{Idle} ours|peer FILE");
    }

    private static double Measure(Engine engine, string file)
    {
        IRunner[] runners = new IRunner[Sessions];
        try
        {
            for (int i = 0; i < Sessions; i++)
            {
                runners[i] = Engines.Load(engine, file, new RunnerOptions(Threads));
                // Until the JIT compiler has nothing left to do, which would count as the engine's time.
                WarmUp.Run(runners[i].Run);
            }

            Console.WriteLine(Engines.WordOf(runners[0].Engine));
            for (int run = 0; run < Runs; run++)
            {
                foreach (IRunner runner in runners)
                {
                    runner.Run();
                }
            }

            TimeSpan before = Environment.CpuUsage.TotalTime;
            Thread.Sleep(TimeSpan.FromSeconds(Seconds));
            return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
        }
        finally
        {
            foreach (IRunner? runner in runners)
            {
                runner?.Dispose();
            }
        }
    }
}
