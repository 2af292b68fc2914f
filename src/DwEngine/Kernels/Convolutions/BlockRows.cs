namespace DwEngine.Kernels.Convolutions;

/// <summary>Into how many rows at a time a kernel cuts its output.</summary>
internal static class BlockRows
{
    /// <summary>
    /// The number of rows that costs least: large blocks gather fewer rows twice, and some lengths fill the tiles better than others. Of
    /// equals the smallest.
    /// </summary>
    /// <param name="height">All rows, at least 1.</param>
    /// <param name="largestScratch">Bytes that a block should not exceed; one row may.</param>
    /// <param name="scratch">The bytes of a block of so many rows.</param>
    /// <param name="cost">The cost of all rows in blocks of so many.</param>
    public static int Cheapest(int height, long largestScratch, Func<int, long> scratch, Func<int, double> cost)
    {
        int best = 1;
        double bestCost = double.PositiveInfinity;
        for (int rows = 1; rows <= height && (rows == 1 || scratch(rows) <= largestScratch); rows++)
        {
            double costOfRows = cost(rows);
            if (costOfRows < bestCost)
            {
                (best, bestCost) = (rows, costOfRows);
            }
        }

        return best;
    }
}
