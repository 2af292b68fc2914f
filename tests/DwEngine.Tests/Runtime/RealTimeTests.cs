using System.Globalization;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>What a session asks of Linux for real time; where the system refuses, that is said.</summary>
[Collection("quiet process")]
[Trait("Category", "Native")]
public unsafe class RealTimeTests
{
    [Fact]
    public void Locked_memory_is_locked_as_long_as_the_session_lives()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Locking is known for Linux alone.");
        using Model model = TestModels.ShuffleNet();
        long before = LockedBytes();
        Session first;
        try
        {
            first = model.CreateSession(new SessionOptions { Threads = 2, LocksMemory = true });
        }
        catch (ResourceException refused)
        {
            Assert.Contains("ulimit -l", refused.Message);
            Assert.Equal(before, LockedBytes());
            Assert.Skip("This process may not lock so much memory.");
            return;
        }

        long locked = LockedBytes() - before, needed = first.ArenaBytes + model.PackedWeightBytes;
        Assert.InRange(locked, needed / 1024, (needed / 1024) + 4096);
        float[] input = TestModels.Input(first), expected = TestModels.Compute(first, input);
        Session second = model.CreateSession(new SessionOptions { LocksMemory = true });
        Assert.True(LockedBytes() - before > locked);
        first.Dispose();
        // The weights are still those of the second session.
        Assert.True(LockedBytes() - before >= model.PackedWeightBytes / 1024);
        TestThreads.AssertSameBits(expected, TestModels.Compute(second, input));
        second.Dispose();
        Assert.Equal(before, LockedBytes());
    }

    [Fact]
    public void Blocks_that_share_a_page_keep_it_locked_until_both_are_free()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Locking is known for Linux alone.");
        int page = Environment.SystemPageSize;
        using var memory = new AlignedBuffer(4 * page);
        byte* start = (byte*)memory.Pointer;
        start += (page - ((nint)start % page)) % page;
        long before = LockedBytes();
        Assert.SkipUnless(LockedPages.TryLock(start, page + 100, out _), "This process may not lock memory.");
        Assert.True(LockedPages.TryLock(start + page + 200, 100, out _));
        Assert.Equal(2 * page / 1024, LockedBytes() - before);
        LockedPages.Unlock(start, page + 100);
        Assert.Equal(page / 1024, LockedBytes() - before);
        LockedPages.Unlock(start + page + 200, 100);
        Assert.Equal(before, LockedBytes());
    }

    [Fact]
    public void Helpers_have_the_priority_that_was_asked_for()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Real-time priorities are known for Linux alone.");
        HashSet<string> before = RealTimeThreads();
        using Model model = TestModels.ShuffleNet();
        try
        {
            using Session session = model.CreateSession(new SessionOptions { Threads = 3, Priority = 7 });
            Assert.Equal(2, RealTimeThreads().Except(before).Count());
            TestModels.Compute(session, TestModels.Input(session));
        }
        catch (ResourceException refused)
        {
            Assert.Contains("priority 7", refused.Message);
            Assert.Contains("ulimit -r", refused.Message);
        }

        // A thread may be joined a moment before the system has ended it.
        Assert.True(SpinWait.SpinUntil(() => RealTimeThreads().IsSubsetOf(before), TestThreads.Patience), "A helper stays.");
    }

    [Fact]
    public void The_callers_thread_is_given_a_priority_or_told_why_not()
    {
        Exception? failure = null;
        bool isRealTime = false;
        var thread = new Thread(() =>
        {
            HashSet<string> before = RealTimeThreads();
            failure = Record.Exception(() => RealTime.SetPriority(3));
            isRealTime = RealTimeThreads().Count == before.Count + 1;
        });
        thread.Start();
        thread.Join();
        Assert.True(isRealTime || failure is ResourceException, failure?.ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public void A_priority_out_of_range_is_refused(int priority)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => RealTime.SetPriority(priority));
        using Model model = TestModels.ShuffleNet();
        Assert.Throws<ArgumentOutOfRangeException>(() => model.CreateSession(new SessionOptions { Priority = priority }));
    }

    [Fact]
    public void Touched_memory_gives_the_same_bits()
    {
        using Model model = TestModels.ShuffleNet();
        using Session plain = model.CreateSession(new SessionOptions { Threads = 2 });
        using Session touched = model.CreateSession(new SessionOptions { Threads = 2, TouchesMemory = true });
        float[] input = TestModels.Input(plain);
        TestThreads.AssertSameBits(TestModels.Compute(plain, input), TestModels.Compute(touched, input));
    }

    // In KiB.
    private static long LockedBytes() => long.Parse(
        File.ReadLines("/proc/self/status").Single(line => line.StartsWith("VmLck:", StringComparison.Ordinal))
            .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

    // The numbers of the threads of this process that are in the class; the 41st field of their state tells it.
    private static HashSet<string> RealTimeThreads() =>
    [
        .. Directory.Exists("/proc/self/task")
            ? Directory.EnumerateDirectories("/proc/self/task").Where(IsRealTime).Select(path => Path.GetFileName(path)!)
            : [],
    ];

    private static bool IsRealTime(string thread)
    {
        try
        {
            string state = File.ReadAllText(Path.Combine(thread, "stat"));
            return state[(state.LastIndexOf(')') + 2)..].Split(' ')[41 - 3] == "1";
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return false;
        }
    }
}
