namespace DwEngine.Kernels;

/// <summary>
/// Where one run of a kernel reads and writes. Each activation is a table of plane pointers: image by image, and within an image channel
/// by channel; a kernel with several inputs or outputs finds their tables one after the other.
/// </summary>
/// <remarks>
/// The memory contract: a kernel writes exactly the elements of a plane. It reads no further than the plane's end rounded up to
/// <see cref="PlaneLayout.ReadAhead"/> floats from its start, unless <see cref="BoundKernel.ReadsExactly"/> says that it stays within the
/// plane.
/// </remarks>
internal readonly unsafe struct KernelArguments(byte** inputs, byte** outputs, byte* scratch)
{
    /// <summary>The input planes, whatever their elements are.</summary>
    public readonly byte** InputBytes = inputs;

    /// <summary>The output planes, whatever their elements are.</summary>
    public readonly byte** OutputBytes = outputs;

    /// <summary>At least <see cref="BoundKernel.ScratchBytes"/> bytes for this worker alone, aligned to 64 bytes.</summary>
    public readonly byte* Scratch = scratch;

    /// <summary>The input planes of a kernel that reads floats.</summary>
    public float** Inputs => (float**)InputBytes;

    /// <summary>The output planes of a kernel that writes floats.</summary>
    public float** Outputs => (float**)OutputBytes;
}

/// <summary>How planes lie in memory.</summary>
internal static class PlaneLayout
{
    /// <summary>Floats to which the readable end of a plane is rounded up: the widest vector.</summary>
    public const int ReadAhead = 16;

    /// <summary>Bytes to which the readable end of a plane is rounded up.</summary>
    public const int ReadAheadBytes = ReadAhead * sizeof(float);

    /// <summary>Bytes from one plane of a value to the next: planes of one element are packed, others start on a cache line.</summary>
    public static long StrideBytes(int length, int elementSize) =>
        length == 1 ? elementSize : RoundUpBytes((long)length * elementSize);

    /// <summary><paramref name="bytes"/> rounded up to <see cref="ReadAheadBytes"/>.</summary>
    public static long RoundUpBytes(long bytes) => checked(bytes + ReadAheadBytes - 1) / ReadAheadBytes * ReadAheadBytes;

    /// <summary>
    /// Floats from one plane of an activation to the next: planes of one element are packed, others start on a cache line.
    /// </summary>
    public static int Stride(int length) => length == 1 ? 1 : RoundUp(length);

    /// <summary>
    /// The most floats of a plane. Kernels count pixels in 32 bits and step over a plane's end by less than what lies between this and the
    /// largest count.
    /// </summary>
    public const int LongestPlane = int.MaxValue - (1 << 20);

    /// <summary>The most tasks of a kernel: what is added to a count of tasks to share them out must not exceed 32 bits.</summary>
    public const int MostTasks = 1 << 30;

    /// <summary><paramref name="length"/> rounded up to <see cref="ReadAhead"/>.</summary>
    public static int RoundUp(int length) => RoundUp(length, ReadAhead);

    /// <inheritdoc cref="RoundUp(int)"/>
    public static long RoundUp(long length) => checked(length + ReadAhead - 1) / ReadAhead * ReadAhead;

    /// <summary>
    /// <paramref name="length"/> rounded up to an odd number of cache lines, so that what lies such a pitch apart does not compete for the
    /// same places of a cache.
    /// </summary>
    public static int OddLines(int length) => checked(((RoundUp(length) / ReadAhead) | 1) * ReadAhead);

    /// <summary><paramref name="length"/> rounded up to whole vectors of <paramref name="lanes"/> floats.</summary>
    public static int RoundUp(int length, int lanes) => checked(length + lanes - 1) / lanes * lanes;
}

/// <summary>
/// A kernel with its shapes and packed weights: immutable, and shared by every session and thread. The work is cut into tasks that can run
/// in any order and on any thread; which thread runs a task never changes a bit of the result.
/// </summary>
internal abstract unsafe class BoundKernel
{
    /// <summary>The kernel's name in the table, which its row sets.</summary>
    public string Name { get; set; } = "";

    /// <summary>The number of independent tasks.</summary>
    public abstract int TaskCount { get; }

    /// <summary>
    /// How many calls of <see cref="Run"/> a worker should make for its share of the tasks. With several, others can take over those that
    /// it has not begun. One is right where each call repeats a preparation that costs as much as several tasks.
    /// </summary>
    public virtual int Parts => 4;

    /// <summary>Scratch memory that each worker needs, in bytes.</summary>
    public virtual long ScratchBytes => 0;

    /// <summary>Whether no read leaves the elements of the input planes; only such kernels may read a caller's memory.</summary>
    public virtual bool ReadsExactly => false;

    /// <summary>
    /// Multiply-adds that all tasks together issue if one call of <see cref="Run"/> has them, whatever becomes of the results: those of
    /// lanes beyond a plane's end and of rows that only fill a tile count too. Null where nobody counts them.
    /// </summary>
    public virtual long? IssuedMultiplyAdds => null;

    /// <summary>What must be done before any task runs, shared by all of them; null for nothing.</summary>
    public virtual Preparation? Preparation => null;

    /// <summary>Runs the tasks from <paramref name="first"/> up to but not including <paramref name="end"/>.</summary>
    public abstract void Run(in KernelArguments arguments, int first, int end);
}

/// <summary>A kernel that runs as a step of its own before the one that needs it.</summary>
/// <param name="Kernel">Reads the planes that the other reads, and writes <paramref name="Blocks"/> blocks of memory.</param>
/// <param name="Blocks">Blocks, whose addresses follow the other kernel's input planes.</param>
/// <param name="BlockBytes">Bytes of a block; between them nobody reads or writes.</param>
internal sealed record Preparation(BoundKernel Kernel, int Blocks, long BlockBytes);
