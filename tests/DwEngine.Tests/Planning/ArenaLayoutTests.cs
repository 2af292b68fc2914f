using DwEngine.Planning;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Tests.Planning;

public class ArenaLayoutTests
{
    private const int Alignment = 16;

    [Property(MaxTest = 200)]
    public void Buffers_that_live_together_lie_apart(DoNotSize<int> seed)
    {
        ArenaLayout.Request[] requests = RandomRequests(seed.Item);
        (long[] offsets, long length) = ArenaLayout.Place(requests, Alignment);
        Assert.Equal(requests.Length, offsets.Length);
        for (int i = 0; i < requests.Length; i++)
        {
            Assert.Equal(0, offsets[i] % Alignment);
            Assert.InRange(offsets[i], 0, length - requests[i].Length);
            for (int j = 0; j < i; j++)
            {
                bool together = requests[i].FirstStep <= requests[j].LastStep && requests[j].FirstStep <= requests[i].LastStep;
                bool apart = offsets[i] + requests[i].Length <= offsets[j] || offsets[j] + requests[j].Length <= offsets[i];
                Assert.True(apart || !together, $"{requests[i]} at {offsets[i]} overlaps {requests[j]} at {offsets[j]}.");
            }
        }
    }

    [Property(MaxTest = 100)]
    public void The_arena_is_between_what_is_alive_at_once_and_the_sum(DoNotSize<int> seed)
    {
        ArenaLayout.Request[] requests = RandomRequests(seed.Item);
        long length = ArenaLayout.Place(requests, Alignment).Length;
        long atOnce =
            Enumerable.Range(0, 30).Max(step => requests.Where(r => r.FirstStep <= step && step <= r.LastStep).Sum(r => (long)r.Length));
        Assert.InRange(length, atOnce, requests.Sum(r => (r.Length + Alignment - 1L) / Alignment * Alignment));
    }

    [Property(MaxTest = 50)]
    public void The_same_buffers_get_the_same_places(DoNotSize<int> seed)
    {
        (long[] offsets, long length) = ArenaLayout.Place(RandomRequests(seed.Item), Alignment);
        (long[] again, long lengthAgain) = ArenaLayout.Place(RandomRequests(seed.Item), Alignment);
        Assert.Equal(offsets, again);
        Assert.Equal(length, lengthAgain);
    }

    [Fact]
    public void A_chain_of_equal_buffers_takes_two()
    {
        ArenaLayout.Request[] chain = [.. Enumerable.Range(0, 10).Select(step => new ArenaLayout.Request(160, step, step + 1))];
        Assert.Equal(320, ArenaLayout.Place(chain, Alignment).Length);
    }

    [Fact]
    public void Lengths_beyond_32_bits_add_up()
    {
        ArenaLayout.Request[] requests = [.. Enumerable.Repeat(new ArenaLayout.Request(int.MaxValue / Alignment * Alignment, 0, 0), 3)];
        Assert.Equal(3L * (int.MaxValue / Alignment * Alignment), ArenaLayout.Place(requests, Alignment).Length);
    }

    [Fact]
    public void No_buffers_take_no_room() => Assert.Equal(0, ArenaLayout.Place([], Alignment).Length);

    private static ArenaLayout.Request[] RandomRequests(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, random.Next(1, 25)).Select(_ =>
        {
            int first = random.Next(20);
            return new ArenaLayout.Request(random.Next(1, 500), first, first + random.Next(8));
        })];
    }
}
