namespace DwEngine.Compare;

/// <summary>Counts the managed bytes that runs allocate.</summary>
internal static class AllocationMeter
{
    private const int Blocks = 3, Runs = 8;

    /// <summary>
    /// Bytes that one run allocates on all threads. The least of several blocks: what a run itself allocates is in all of them, what the
    /// runtime allocates for itself now and then is not.
    /// </summary>
    public static long BytesPerRun(IRunner runner)
    {
        long least = long.MaxValue;
        for (int block = 0; block < Blocks; block++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int run = 0; run < Runs; run++)
            {
                runner.Run();
            }

            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return least / Runs;
    }
}
