using System.Globalization;
using System.Runtime.InteropServices;
using Xunit;

namespace DwEngine.Testing;

/// <summary>What tests with several threads share.</summary>
internal static class TestThreads
{
    private const string RacesVariable = "DWENGINE_RACES";

    /// <summary>How long anything may take that is to end at all.</summary>
    public static TimeSpan Patience => TimeSpan.FromSeconds(60);

    /// <summary>Rounds of each race: a few hundred, or as many as the environment variable DWENGINE_RACES says.</summary>
    public static int Races { get; } = Environment.GetEnvironmentVariable(RacesVariable) is { Length: > 0 } text
        ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
        : TestSpeed.IsSlow ? 30 : 300;

    /// <summary>Runs the work on as many threads and rethrows what went wrong on one of them.</summary>
    public static void Run(int count, Action<int> work) =>
        Run([.. Enumerable.Range(0, count).Select(index => (Action)(() => work(index)))]);

    /// <summary>Runs each piece of work on a thread of its own and rethrows what went wrong on one of them.</summary>
    public static void Run(params Action[] works)
    {
        Exception? error = null;
        Thread[] threads = [.. works.Select(work => new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref error, exception, null);
            }
        }) { IsBackground = true })];
        Array.ForEach(threads, thread => thread.Start());
        Assert.All(threads, thread => Assert.True(thread.Join(Patience), "A thread hangs."));
        Assert.True(error is null, error?.ToString());
    }

    /// <summary>
    /// Lets both happen as nearly at the same time as threads can, as often as <see cref="Races"/> says, in a random order.
    /// </summary>
    /// <param name="prepare">Makes, for a round, the two actions and the check that follows them.</param>
    public static void Race(Func<int, (Action First, Action Second, Action Check)> prepare)
    {
        var random = new Random(1);
        for (int round = 0; round < Races; round++)
        {
            (Action first, Action second, Action check) = prepare(round);
            int ready = 0;
            int[] delays = [random.Next(200), random.Next(200)];
            Run(2, index =>
            {
                Interlocked.Increment(ref ready);
                while (Volatile.Read(ref ready) < 2)
                {
                    Thread.SpinWait(1);
                }

                Thread.SpinWait(delays[index]);
                (index == 0 ? first : second)();
            });
            check();
        }
    }

    /// <summary>Fails unless both have the same bits.</summary>
    public static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) =>
        Assert.True(MemoryMarshal.AsBytes(expected).SequenceEqual(MemoryMarshal.AsBytes(actual)), "The bits differ.");
}
