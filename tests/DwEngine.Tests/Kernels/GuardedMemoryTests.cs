using System.Runtime.InteropServices;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>
/// Shows that the guards guard. The kernel is asked to read and write there in this process's name: it answers EFAULT where a load or a
/// store would kill the process.
/// </summary>
public unsafe partial class GuardedMemoryTests
{
    private const int BadAddress = 14;

    public static MatrixTheoryData<int, bool> Blocks => new([0, 1, 17, 1024, 16384, 16385], [true, false]);

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Block_is_open_and_what_touches_it_is_closed(int length, bool atStart)
    {
        using var memory = new GuardedMemory(length, atStart ? GuardEdge.Start : GuardEdge.End);
        byte* first = (byte*)memory.Pointer;
        byte* end = (byte*)(memory.Pointer + length);

        for (int i = 0; i < length; i++)
        {
            Assert.True(float.IsNaN(memory.Span[i]));
            memory.Span[i] = i;
        }

        memory.AssertSlackIsUntouched();
        if (length > 0)
        {
            Assert.Equal((0, 0), Probe(first));
            Assert.Equal((0, 0), Probe(end - 1));
        }

        Assert.Equal((BadAddress, BadAddress), Probe(atStart ? first - 1 : end));
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Whole_pages_are_closed_on_both_sides(int length, bool atStart)
    {
        using var memory = new GuardedMemory(length, atStart ? GuardEdge.Start : GuardEdge.End);
        nuint page = (nuint)Environment.SystemPageSize;
        nuint openPages = Math.Max(1, (((nuint)length * sizeof(float)) + page - 1) / page);
        byte* open = atStart ? (byte*)memory.Pointer : (byte*)(memory.Pointer + length) - (openPages * page);
        byte* close = open + (openPages * page);

        foreach (byte* address in (byte*[])[open - page, open - (page / 2), open - 1, close, close + (page / 2), close + page - 1])
        {
            Assert.Equal((BadAddress, BadAddress), Probe(address));
        }
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, -1)]
    public void Write_into_the_slack_is_found(bool atStart, int index)
    {
        using var memory = new GuardedMemory(3, atStart ? GuardEdge.Start : GuardEdge.End);
        memory.AssertSlackIsUntouched();
        memory.Pointer[index] = 1f;
        Exception failure = Assert.ThrowsAny<Exception>(() => memory.AssertSlackIsUntouched("output"));
        Assert.Contains($"output of 3 floats was written at index {index}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Disposed_block_gives_no_span()
    {
        var memory = new GuardedMemory([1f, 2f], GuardEdge.End);
        Assert.Equal([1f, 2f], memory.Span.ToArray());
        ((IDisposable)memory).Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
        ((IDisposable)memory).Dispose();
    }

    /// <summary>The errno of reading, and of writing, the byte at an address; 0 where that is allowed.</summary>
    private static (int Read, int Write) Probe(byte* address)
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, CreatePipe(ends));
        try
        {
            byte value = 0xA5;
            int read = WriteFile(ends[1], address, 1) == 1 ? 0 : Marshal.GetLastPInvokeError();
            // A byte must be in the pipe: reading an empty one would wait for ever. A readable byte is put back as it was.
            if (read != 0)
            {
                Assert.Equal(1, WriteFile(ends[1], &value, 1));
            }

            int write = ReadFile(ends[0], address, 1) == 1 ? 0 : Marshal.GetLastPInvokeError();
            return (read, write);
        }
        finally
        {
            _ = CloseFile(ends[0]);
            _ = CloseFile(ends[1]);
        }
    }

    [LibraryImport("libc", EntryPoint = "pipe", SetLastError = true)]
    private static partial int CreatePipe(int* ends);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteFile(int file, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadFile(int file, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseFile(int file);
}
