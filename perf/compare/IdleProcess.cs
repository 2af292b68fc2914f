using System.Diagnostics;
using System.Globalization;
using DwEngine.Runtime;

namespace DwEngine.Compare;

/// <summary>CPU time that each engine takes with live sessions that nobody runs.</summary>
/// <param name="Model">The network.</param>
/// <param name="OursMs">Milliseconds of this engine's process.</param>
/// <param name="PeerMs">Milliseconds of the peer's process.</param>
internal sealed record IdleResult(string Model, double OursMs, double PeerMs);

/// <summary>
/// Keeps sessions of one engine without work in a process of its own: <c>compare --idle ours|peer FILE</c>. It runs each until all is warm, does nothing for a while,
/// and tells the CPU time that the process took meanwhile.
/// </summary>
internal static class IdleProcess
{
    /// <summary>Live sessions of each process.</summary>
    public const int Sessions = 4;

    /// <summary>Seconds without work.</summary>
    public const int Seconds = 10;

    private const string Idle = "--idle", Ours = "ours", Peer = "peer";
    private const int Threads = 2, Runs = 30;

    /// <summary>Whether a command line asks for this.</summary>
    public static bool IsChild(string[] arguments) => arguments is [Idle, ..];

    /// <summary>Measures both engines at the same time: a process's CPU time is its own.</summary>
    /// <exception cref="CompareException">A process failed.</exception>
    public static IdleResult Measure(ModelPair pair)
    {
        using Process ours = ChildProcess.Start(Idle, Ours, pair.Weights), peer = ChildProcess.Start(Idle, Peer, pair.Onnx);
        return new IdleResult(pair.Name, Read(ours, Ours), Read(peer, Peer));

        double Read(Process child, string engine)
        {
            string? line = child.StandardOutput.ReadLine();
            child.WaitForExit();
            return child.ExitCode == 0 && line is not null
                ? double.Parse(line, CultureInfo.InvariantCulture)
                : throw new CompareException($"The process with idle sessions of '{engine}' of {pair.Name} failed with exit code {child.ExitCode}.");
        }
    }

    /// <summary>The child's part.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Serve(string[] arguments)
    {
        if (arguments is not [Idle, Ours or Peer, var file])
        {
            Console.Error.WriteLine($"compare: expected {Idle} {Ours}|{Peer} FILE.");
            return 1;
        }

        try
        {
            ChildProcess.Say(Measure(arguments[1], file));
            return 0;
        }
        catch (Exception error)
        {
            Console.Error.WriteLine($"compare: {error.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    private static double Measure(string engine, string file)
    {
        IRunner[] runners = new IRunner[Sessions];
        try
        {
            for (int i = 0; i < Sessions; i++)
            {
                runners[i] = engine == Ours ? EngineRunner.FromFile(file, new SessionOptions { Threads = Threads }) : PeerRunner.FromFile(file, Threads);
                // Until the JIT compiler has nothing left to do, which would count as the engine's time.
                Interleaver.WarmUp(runners[i], CancellationToken.None);
            }

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
