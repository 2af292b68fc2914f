using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

public unsafe class BufferTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(4 * 1000)]
    [InlineData((2 << 20) - 1)]
    [InlineData((4 << 20) + 3)]
    public void A_buffer_is_aligned_and_zero(int bytes)
    {
        using var buffer = new AlignedBuffer(bytes);
        Assert.Equal(bytes, buffer.ByteLength);
        Assert.Equal(0, (nint)buffer.Pointer % AlignedBuffer.Alignment);
        Assert.Equal(0, (nint)buffer.Pointer % HugePages.AlignmentFor(bytes));
        Assert.Equal(bytes / sizeof(float), buffer.AsSpan().Length);
        Assert.False(buffer.AsSpan().ContainsAnyExcept(0f));
    }

    [Fact]
    public void A_disposed_buffer_gives_no_memory()
    {
        var buffer = new AlignedBuffer(64);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.AsSpan().Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => new AlignedBuffer(-1));
    }

    [Fact]
    public void A_wrapped_buffer_leaves_the_memory_to_its_owner()
    {
        using var owner = new AlignedBuffer(128);
        var wrapped = new AlignedBuffer(owner.Pointer, 128);
        wrapped.AsSpan()[31] = 3;
        wrapped.Dispose();
        Assert.Equal(3, owner.AsSpan()[31]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new AlignedBuffer((byte*)owner.Pointer + 4, 64));
    }

    [Fact]
    public void Rented_buffers_are_at_most_an_eighth_larger_than_asked_for()
    {
        var pool = new BufferPool();
        foreach (long bytes in (long[])[0, 1, 4095, 4096, 4097, 5000, 65_536, 65_537, 1_000_000, (1 << 20) + 1])
        {
            using AlignedBuffer buffer = pool.Rent(bytes);
            Assert.InRange(buffer.ByteLength, bytes, Math.Max(4096, bytes * 9 / 8));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(-1));
    }

    [Fact]
    public void A_returned_buffer_serves_the_next_who_asks_for_a_like_size()
    {
        var pool = new BufferPool();
        AlignedBuffer first = pool.Rent(10_000);
        AlignedBuffer second = pool.Rent(10_000);
        Assert.NotSame(first, second);
        pool.Return(first);
        Assert.Same(first, pool.Rent(9_900));
        pool.Return(second);
        pool.Trim();
        Assert.Throws<ObjectDisposedException>(() => second.AsSpan().Length);
        AlignedBuffer fresh = pool.Rent(10_000);
        Assert.Equal(0, fresh.AsSpan()[0]);
    }

    [Fact]
    public void Beyond_its_limit_a_pool_frees_what_has_waited_longest()
    {
        var pool = new BufferPool { MaxIdleBytes = 3 * 8192 };
        AlignedBuffer[] buffers = [.. Enumerable.Range(0, 5).Select(i => pool.Rent(i == 2 ? 4096 : 8192))];
        Assert.Equal(0, pool.IdleBytes);
        Array.ForEach(buffers, pool.Return);
        // Of 36,864 bytes the first two returned have gone, as far as it took.
        Assert.Equal((4096 + (2 * 8192), 2), (pool.IdleBytes, buffers.Count(IsFreed)));
        Assert.All(buffers[..2], buffer => Assert.True(IsFreed(buffer)));
        Assert.Same(buffers[4], pool.Rent(8192));
        Assert.Equal(4096 + 8192, pool.IdleBytes);
        pool.MaxIdleBytes = 8192;
        Assert.True(IsFreed(buffers[2]));
        Assert.Equal(8192, pool.IdleBytes);
        pool.Return(buffers[4]);
        Assert.True(IsFreed(buffers[3]));
        Assert.False(IsFreed(buffers[4]));
        pool.Trim();
        Assert.Equal(0, pool.IdleBytes);
        Assert.True(IsFreed(buffers[4]));
    }

    [Fact]
    public void A_buffer_above_the_limit_is_freed_at_once_and_drives_out_no_other()
    {
        var pool = new BufferPool { MaxIdleBytes = 10_000 };
        AlignedBuffer small = pool.Rent(4096), large = pool.Rent(20_000);
        pool.Return(small);
        pool.Return(large);
        Assert.True(IsFreed(large));
        Assert.False(IsFreed(small));
        pool.MaxIdleBytes = 0;
        Assert.True(IsFreed(small));
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.MaxIdleBytes = -1);
    }

    [Fact]
    public void Sizes_that_rise_do_not_pile_up()
    {
        var pool = new BufferPool { MaxIdleBytes = 1 << 20 };
        for (long bytes = 4096; bytes < 4 << 20; bytes += bytes / 8)
        {
            AlignedBuffer[] buffers = [.. Enumerable.Range(0, 3).Select(_ => pool.Rent(bytes))];
            Array.ForEach(buffers, pool.Return);
            Assert.InRange(pool.IdleBytes, 0, pool.MaxIdleBytes);
        }
    }

    [Fact]
    public void Renting_returning_and_trimming_may_come_from_any_thread()
    {
        // A buffer that was freed while it is rented is a matter of a few instructions, and of many tries.
        for (int round = 0; round < (TestSpeed.IsSlow ? 5 : 200); round++)
        {
            var pool = new BufferPool();
            Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, thread =>
            {
                for (int i = 0; i < 1000; i++)
                {
                    if (thread == 0)
                    {
                        pool.Trim();
                        pool.MaxIdleBytes = i % 4 * 8192;
                        continue;
                    }

                    AlignedBuffer buffer = pool.Rent(4096 * (1 + (i % 3)));
                    buffer.AsSpan()[0] = thread;
                    Assert.Equal(thread, buffer.AsSpan()[0]);
                    pool.Return(buffer);
                }
            });
        }
    }

    private static bool IsFreed(AlignedBuffer buffer) => Record.Exception(() => buffer.AsSpan().Length) is ObjectDisposedException;
}
