using System.Diagnostics;
using DwEngine.Runtime;
using DwEngine.Tensors;

namespace DwEngine.Benchmarks.Roofline;

/// <summary>
/// Runs the kernel of one step again and again on one thread, so that its weights and planes are in the caches as far as they fit. All of
/// them lie in one memory, as those of a session do.
/// </summary>
internal sealed unsafe class LoneKernel : IDisposable
{
    private const int WarmUpRuns = 20, Runs = 200;

    private readonly AlignedBuffer _memory;
    private readonly AlignedBuffer[] _ends;
    private readonly Workspace _workspace;
    private readonly int _arenaFloats;

    /// <summary>Lays the steps of a session out once more.</summary>
    public LoneKernel(Session session)
    {
        _memory = new AlignedBuffer(Workspace.ByteLength(session.Plan, workers: 1));
        _workspace = new Workspace(session.Plan, (byte*)_memory.Pointer, workers: 1);
        _ends = [.. session.Inputs.Concat(session.Outputs).Select(end => new AlignedBuffer(end.ByteLength))];
        _workspace.Point([.. _ends.Select(end => (nint)end.Pointer)], 0);
        _arenaFloats = checked((int)(session.Plan.ArenaBytes / sizeof(float)));
    }

    /// <summary>The median time of a run of a step in microseconds.</summary>
    public double Measure(int step)
    {
        // Any number will do that no arithmetic slows down.
        new Span<float>(_memory.Pointer, _arenaFloats).Fill(0.5f);
        double[] times = new double[Runs];
        for (int run = -WarmUpRuns; run < Runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            _workspace.Run(step, 0, _workspace.TaskCount(step), 0);
            times[Math.Max(run, 0)] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        Array.Sort(times);
        return times[Runs / 2];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        Array.ForEach(_ends, end => end.Dispose());
    }
}
