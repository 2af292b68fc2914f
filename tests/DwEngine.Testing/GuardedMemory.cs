using System.Buffers;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Xunit;

namespace DwEngine.Testing;

/// <summary>Which of the two unreadable pages a <see cref="GuardedMemory"/> block touches.</summary>
internal enum GuardEdge
{
    /// <summary>The first element follows the unreadable page immediately.</summary>
    Start,

    /// <summary>The unreadable page follows the last element immediately.</summary>
    End,
}

/// <summary>
/// Floats between two pages that may be neither read nor written, so that a kernel that leaves its bounds dies of SIGSEGV instead of
/// passing. The block is flush with one of the pages. Whole pages are mapped, so up to one page of slack lies between the block and the
/// other guard: it holds the same NaN as the block, which poisons the result of a stray read, and
/// <see cref="AssertSlackIsUntouched"/> finds a stray write.
/// </summary>
internal sealed unsafe partial class GuardedMemory : MemoryManager<float>
{
    /// <summary>A quiet NaN whose payload is not one that arithmetic produces.</summary>
    private const uint Poison = 0x7FD5A5A5;

    private const int ProtectionNone = 0;
    private const int ProtectionReadWrite = 1 | 2;
    private const int PrivateAnonymous = 0x02 | 0x20;

    private readonly int _length;
    private readonly nuint _pageSize = (nuint)Environment.SystemPageSize;
    private readonly nuint _openBytes;
    private byte* _mapping;

    /// <summary>Maps <paramref name="length"/> floats, each of them NaN, flush with the guard at <paramref name="edge"/>.</summary>
    public GuardedMemory(int length, GuardEdge edge)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Guard pages are made with Linux's mmap flags.");

        nuint bytes = (nuint)length * sizeof(float);
        _length = length;
        // A block of no elements still gets a page, so that its pointer lies in mapped memory.
        _openBytes = Math.Max(1, (bytes + _pageSize - 1) / _pageSize) * _pageSize;

        void* mapping = MapPages(null, _openBytes + (2 * _pageSize), ProtectionNone, PrivateAnonymous, -1, 0);
        if ((nint)mapping == -1)
        {
            throw new Win32Exception();
        }

        _mapping = (byte*)mapping;
        if (ProtectPages(Open, _openBytes, ProtectionReadWrite) != 0)
        {
            var error = new Win32Exception();
            Unmap();
            throw error;
        }

        new Span<uint>(Open, checked((int)(_openBytes / sizeof(uint)))).Fill(Poison);
        Pointer = (float*)(edge == GuardEdge.Start ? Open : Open + _openBytes - bytes);
    }

    /// <summary>A copy of <paramref name="values"/> flush with the guard at <paramref name="edge"/>.</summary>
    public GuardedMemory(ReadOnlySpan<float> values, GuardEdge edge)
        : this(values.Length, edge) => values.CopyTo(Span);

    /// <summary>The first element.</summary>
    public float* Pointer { get; }

    /// <summary>The elements.</summary>
    public Span<float> Span => GetSpan();

    private byte* Open => _mapping + _pageSize;

    /// <inheritdoc/>
    public override Span<float> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_mapping == null, this);
        return new Span<float>(Pointer, _length);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(_mapping == null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length, nameof(elementIndex));
        return new MemoryHandle(Pointer + elementIndex, default, this);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        // Mapped pages never move.
    }

    /// <summary>Asserts that nothing was written between the block and the guard that it does not touch.</summary>
    public void AssertSlackIsUntouched(string name = "The block")
    {
        ObjectDisposedException.ThrowIf(_mapping == null, this);
        uint* block = (uint*)Pointer;
        uint* open = (uint*)Open;
        int total = (int)(_openBytes / sizeof(uint));
        for (int i = 0; i < total; i++)
        {
            long index = open + i - block;
            if ((index < 0 || index >= _length) && open[i] != Poison)
            {
                Assert.Fail($"{name} of {_length} floats was written at index {index}.");
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => Unmap();

    private void Unmap()
    {
        if (_mapping != null)
        {
            _ = UnmapPages(_mapping, _openBytes + (2 * _pageSize));
            _mapping = null;
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial void* MapPages(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int ProtectPages(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int UnmapPages(void* address, nuint length);
}
