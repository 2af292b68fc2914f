using DwEngine.LinearAlgebra;

namespace DwEngine.Decomposition.Calibration;

/// <summary>
/// Sums over samples on several threads. Every entry of a sum is added up in an order that the positions alone determine, so the bits do not
/// depend on the threads.
/// </summary>
internal static class SampleSums
{
    // Parts into which positions are cut whatever the number of threads; each has sums of its own.
    private const int Parts = 4;

    public static void Add(LayerSamples samples, LayerStatistics statistics)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        RequireShape(samples, statistics);
        int threads = samples.Threads;
        for (int block = 0; block < samples.Blocks; block++)
        {
            (Matrix x, Matrix y) = samples.Widen(block);
            Workers.For(threads + 1, threads, part =>
            {
                if (part < threads)
                {
                    MatrixProduct.AddUpperGram(statistics.XX, x, Cut(x.Columns, part, threads), Cut(x.Columns, part + 1, threads));
                }
                else
                {
                    statistics.AddAllButGram(x, y);
                }
            });
        }

        MatrixProduct.MirrorUpper(statistics.XX);
    }

    public static LayerStatistics Retarget(LayerSamples samples, LayerStatistics statistics, SampleTarget target)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        ArgumentNullException.ThrowIfNull(target);
        RequireShape(samples, statistics);
        if (statistics.Count != samples.Count)
        {
            throw new ShapeException($"Statistics of {statistics.Count} positions are not those of {samples.Count} samples.");
        }

        var parts = new ResponseSums[Parts];
        Workers.For(Parts, samples.Threads, part =>
        {
            var sums = new ResponseSums(samples.Inputs, samples.Outputs);
            for (int block = part; block < samples.Blocks; block += Parts)
            {
                (Matrix x, Matrix y) = samples.Widen(block);
                sums.Add(x, target(x, y));
            }

            parts[part] = sums;
        });

        for (int part = 1; part < Parts; part++)
        {
            parts[0].Merge(parts[part]);
        }

        return statistics.With(parts[0]);
    }

    private static void RequireShape(LayerSamples samples, LayerStatistics statistics)
    {
        if ((statistics.Inputs, statistics.Outputs) != (samples.Inputs, samples.Outputs))
        {
            throw new ShapeException(
                $"Statistics of {statistics.Inputs} inputs and {statistics.Outputs} outputs are not those of samples of {samples.Inputs} "
                + $"and {samples.Outputs}.");
        }
    }

    // Where the rows of an upper triangle are cut into parts of equal area.
    private static int Cut(int rows, int part, int parts) =>
        part == parts ? rows : (int)Math.Round(rows * (1 - Math.Sqrt(1 - ((double)part / parts))));
}
