using DwEngine.Tensors;
using DwEngine.Tests.Kernels;
using Xunit;

namespace DwEngine.Tests.Runtime;

public unsafe class BufferTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(4 * 1000)]
    public void A_buffer_is_aligned_and_zero(int bytes)
    {
        using var buffer = new AlignedBuffer(bytes);
        Assert.Equal(bytes, buffer.ByteLength);
        Assert.Equal(0, (nint)buffer.Pointer % AlignedBuffer.Alignment);
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
    public void Renting_returning_and_trimming_may_come_from_any_thread()
    {
        // A buffer that was freed while it is rented is a matter of a few instructions, and of many tries.
        for (int round = 0; round < (KernelChecks.IsSlow ? 5 : 200); round++)
        {
            var pool = new BufferPool();
            Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, thread =>
            {
                for (int i = 0; i < 1000; i++)
                {
                    if (thread == 0)
                    {
                        pool.Trim();
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
}
