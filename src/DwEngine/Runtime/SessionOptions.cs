using System.Collections.Immutable;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>How a session runs.</summary>
public sealed record SessionOptions
{
    /// <summary>The most threads that one run can be shared among: more than any machine that this engine is for has cores.</summary>
    public const int MaxThreads = 256;

    /// <summary>The default: one image of the model's own size, one thread, the CPU's best instruction set.</summary>
    public static SessionOptions Default { get; } = new();

    /// <summary>The shape of a model's only input, N x C x H x W for an image; null for the model's default.</summary>
    public Shape? InputShape { get; init; }

    /// <summary>The shapes of a model's inputs by name; those that are not named have the model's defaults.</summary>
    public IReadOnlyDictionary<string, Shape> InputShapes { get; init; } = ImmutableDictionary<string, Shape>.Empty;

    /// <summary>
    /// Threads that work on one run, the caller's included, 1 to <see cref="MaxThreads"/>. The result does not depend on it.
    /// </summary>
    public int Threads { get; init; } = 1;

    /// <summary>The instruction set whose kernels run; null for the fastest of this CPU.</summary>
    public Isa? Isa { get; init; }

    /// <summary>
    /// How long a helper thread without work polls before it parks. Zero parks at once; it concerns sessions with several threads only.
    /// </summary>
    public TimeSpan Spin { get; init; } = TimeSpan.FromMicroseconds(40);

    /// <summary>Which cores the helper threads run on: by default each on one of its own, where that is safe.</summary>
    public ThreadAffinity Affinity { get; init; } = ThreadAffinity.OwnCores;

    /// <summary>
    /// Whether all pages of the session's memory are written when it is created, so that no run waits for the system to provide one.
    /// <see cref="LocksMemory"/> provides them, too.
    /// </summary>
    public bool TouchesMemory { get; init; }

    /// <summary>
    /// Whether the session's memory and the model's packed weights are kept in RAM as long as the session lives (<c>mlock</c>; Linux). What
    /// the caller passes to a run is the caller's to lock.
    /// </summary>
    public bool LocksMemory { get; init; }

    /// <summary>
    /// The priority of the helper threads in the system's real-time class, 1 to 99 (<c>SCHED_FIFO</c>; Linux); null for ordinary threads.
    /// It concerns sessions with several threads only.
    /// <see cref="RealTime.SetPriority"/> does the same for the caller's thread, whose priority a run does not change.
    /// </summary>
    public int? Priority { get; init; }

    /// <summary>Starts a helper thread; null for the system's way.</summary>
    internal Action<Thread>? StartThread { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1, nameof(Threads));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Threads, MaxThreads, nameof(Threads));
        ArgumentOutOfRangeException.ThrowIfLessThan(Spin, TimeSpan.Zero, nameof(Spin));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Spin, TimeSpan.FromDays(1), nameof(Spin));
        if (Priority is < RealTime.MinPriority or > RealTime.MaxPriority)
        {
            throw new ArgumentOutOfRangeException(
                nameof(Priority), Priority, $"A priority from {RealTime.MinPriority} to {RealTime.MaxPriority} was expected.");
        }

        if (Affinity is not (ThreadAffinity.OwnCores or ThreadAffinity.None))
        {
            throw new ArgumentOutOfRangeException(nameof(Affinity), Affinity, $"Expected a member of {nameof(ThreadAffinity)}.");
        }
    }
}
