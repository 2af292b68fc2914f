using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Decomposition.Threading;

namespace DwEngine.Decomposition.Calibration;

/// <summary>
/// Sums over samples on several threads. Every entry of a sum is added up in an order that the positions alone determine, so the bits do
/// not depend on the threads.
/// </summary>
internal static class SampleSums
{
    // Strips of the Gram matrix for each thread: several, so that threads that are done early find more to do.
    private const int StripsPerThread = 2;

    public static void Add(LayerSamples samples, LayerStatistics statistics)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        RequireShape(samples, statistics);
        int threads = samples.Threads;
        int strips = threads == 1 ? 1 : StripsPerThread * threads;
        (Matrix X, Matrix Y) room = default;
        for (int block = 0; block < samples.Blocks; block++)
        {
            samples.Widen(block, ref room);
            (Matrix x, Matrix y) = room;
            Workers.For(strips + 1, threads, part =>
            {
                if (part == 0)
                {
                    statistics.AddAllButGram(x, y);
                }
                else
                {
                    MatrixProduct.AddUpperGram(statistics.XX, x, Cut(x.Columns, part - 1, strips), Cut(x.Columns, part, strips));
                }
            });
        }

        MatrixProduct.MirrorUpper(statistics.XX);
    }

    private static void RequireShape(LayerSamples samples, LayerStatistics statistics)
    {
        if ((statistics.Inputs, statistics.Outputs) != (samples.Inputs, samples.Outputs))
        {
            throw new ShapeException(
                $"Statistics of {Words.Count(statistics.Inputs, "input")} and {Words.Count(statistics.Outputs, "output")} are not "
                + $"those of samples of {samples.Inputs} "
                + $"and {samples.Outputs}.");
        }
    }

    // Where the rows of an upper triangle are cut into parts of equal area.
    private static int Cut(int rows, int part, int parts) =>
        part == parts ? rows : (int)Math.Round(rows * (1 - Math.Sqrt(1 - ((double)part / parts))));
}
