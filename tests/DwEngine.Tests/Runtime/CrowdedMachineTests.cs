using System.Diagnostics;
using DwEngine.Runtime;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>Fewer cores than threads, and child processes: results stay, and nothing hangs.</summary>
[Collection("quiet process")]
public class CrowdedMachineTests
{
    [Theory]
    [InlineData(ThreadAffinity.OwnCores)]
    [InlineData(ThreadAffinity.None)]
    public void Many_more_threads_than_cores_give_the_same_bits(ThreadAffinity affinity)
    {
        using Session alone = TestModels.ShuffleNet().CreateSession();
        float[] input = TestModels.Input(alone), expected = TestModels.Compute(alone, input);
        int threads = Math.Min((4 * Environment.ProcessorCount) + 1, SessionOptions.MaxThreads);
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = threads, Affinity = affinity });
        Assert.Equal(threads, session.Threads);
        for (int run = 0; run < 10; run++)
        {
            TestThreads.AssertSameBits(expected, TestModels.Compute(session, input));
        }
    }

    [Fact]
    [Trait("Category", "Native")]
    public async Task A_process_that_is_held_to_one_core_gives_the_same_bits()
    {
        const string Test = nameof(Many_more_threads_than_cores_give_the_same_bits);
        Assert.SkipUnless(File.Exists("/usr/bin/taskset"), "Needs taskset.");
        // Run by the runtime's own program, or as a program of its own.
        string self = Environment.ProcessPath!;
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
        {
            self += $"\" exec \"{Path.Combine(AppContext.BaseDirectory, "DwEngine.Tests.dll")}";
        }

        (int code, string output, string error) = await Shell.RunAsync(
            AppContext.BaseDirectory, $"taskset -c $(taskset -cp $$ | grep -oE '[0-9]+$') "
            + $"\"{self}\" -method \"*{Test}\" -noColor -noLogo");
        Assert.True(code == 0, output + error);
        Assert.Contains("Total: 2, Errors: 0, Failed: 0, Skipped: 0", output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Native")]
    public void Child_processes_of_a_running_program_do_not_disturb_a_session()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads the child's mask in /proc.");
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = 2 });
        float[] input = TestModels.Input(session), expected = TestModels.Compute(session, input);
        string mine = MaskIn(File.ReadAllText("/proc/self/status"));
        bool isOver = false;
        int runs = 0;
        TestThreads.Run(
            () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    TestThreads.AssertSameBits(expected, TestModels.Compute(session, input));
                    Interlocked.Increment(ref runs);
                }
            },
            () =>
            {
                try
                {
                    for (int child = 0; child < 20; child++)
                    {
                        int before = Volatile.Read(ref runs);
                        // The child has the mask of the thread that starts it, not that of a helper.
                        Assert.Equal(mine, MaskIn(OutputOf("/bin/cat", "/proc/self/status")));
                        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref runs) > before, TestThreads.Patience), "No run ends.");
                    }
                }
                finally
                {
                    Volatile.Write(ref isOver, true);
                }
            });
    }

    private static string OutputOf(string program, string argument)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, [argument]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TestThreads.Patience), "The child does not end.");
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private static string MaskIn(string status) =>
        status.Split('\n').First(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal));
}
