using System.Diagnostics;
using DwEngine.Kernels;
using DwEngine.Planning;
using DwEngine.Tensors;

namespace DwEngine.Benchmarks.Roofline;

/// <summary>
/// Runs the kernel of one step again and again on one thread, so that its weights and planes are in the caches as far as they fit.
/// </summary>
internal static unsafe class LoneKernel
{
    private const int WarmUpRuns = 20, Runs = 200;

    /// <summary>The median time of a run in microseconds.</summary>
    /// <param name="step">The step.</param>
    /// <param name="planeLength">Floats of the longest plane that it reads or writes.</param>
    public static double Measure(PlanStep step, long planeLength)
    {
        int stride = PlaneLayout.RoundUp(checked((int)planeLength)), inputs = step.Inputs.Length, planes = inputs + step.Outputs.Length;
        using var memory = new AlignedBuffer((((long)planes * stride) + PlaneLayout.ReadAhead) * sizeof(float));
        using var tables = new AlignedBuffer((long)planes * sizeof(float*));
        using var scratch = new AlignedBuffer(step.Kernel.ScratchBytes);
        // Any number will do that no arithmetic slows down.
        memory.AsSpan().Fill(0.5f);
        byte** table = (byte**)tables.Pointer;
        for (int i = 0; i < planes; i++)
        {
            table[i] = (byte*)(memory.Floats + ((nint)i * stride));
        }

        var arguments = new KernelArguments(table, table + inputs, (byte*)scratch.Pointer);
        double[] times = new double[Runs];
        for (int run = -WarmUpRuns; run < Runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            step.Kernel.Run(arguments, 0, step.Kernel.TaskCount);
            times[Math.Max(run, 0)] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        Array.Sort(times);
        return times[Runs / 2];
    }
}
