using System.Runtime.InteropServices;
using DwEngine.Runtime.Cores;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>On which cores Linux lets the threads of this process run.</summary>
internal static unsafe partial class CoreMasks
{
    private const string Worker = "DwEngine worker";

    /// <summary>Skips a test on a machine where helpers cannot have cores of their own.</summary>
    public static void Require(int cores)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Masks are those of Linux.");
        Assert.SkipWhen(LinuxCores.TryCreate() is null, "This system tells nothing of cores.");
        Assert.SkipUnless(Cores(OfProcess()).Length >= cores && CpuQuota.Read() >= cores, $"Needs {cores} cores.");
    }

    /// <summary>The mask of the process, as Linux writes it.</summary>
    public static string OfProcess() => MaskOf(File.ReadAllText("/proc/self/status"));

    /// <summary>The masks of the helpers of all sessions.</summary>
    public static string[] OfHelpers() => [.. Helpers("status").Select(MaskOf)];

    /// <summary>The CPU time of all helpers.</summary>
    public static TimeSpan HelperTime() =>
        TimeSpan.FromMicroseconds(Helpers("schedstat").Sum(text => long.Parse(text.Split(' ')[0])) / 1000);

    /// <summary>The cores of a mask.</summary>
    public static int[] Cores(string list) => [.. list.Split(',').SelectMany(range =>
    {
        int[] ends = [.. range.Split('-').Select(int.Parse)];
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    })];

    /// <summary>Lets a thread run on these cores alone; 0 is the thread that calls.</summary>
    public static void Set(int thread, int[] cores)
    {
        var set = new CoreSet();
        Array.ForEach(cores, set.Add);
        fixed (ulong* mask = set.Words)
        {
            Assert.Equal(0, SetAffinity(thread, (nuint)set.Words.Length * sizeof(ulong), mask));
        }
    }

    // The text of a file of each helper. Helpers of sessions that other tests have disposed may still be about to end.
    private static IEnumerable<string> Helpers(string file)
    {
        foreach (string folder in Directory.GetDirectories("/proc/self/task"))
        {
            string text;
            try
            {
                if (File.ReadAllText(Path.Combine(folder, "comm")).Trim() != Worker)
                {
                    continue;
                }

                text = File.ReadAllText(Path.Combine(folder, file));
            }
            catch (IOException)
            {
                continue;
            }

            if (text.Length > 0)
            {
                yield return text;
            }
        }
    }

    private static string MaskOf(string status) =>
        status.Split('\n').First(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1];

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint bytes, ulong* mask);
}
