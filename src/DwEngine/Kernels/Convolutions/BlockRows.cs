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

    /// <summary>
    /// The cost for the worker that has most to do, where each has an equal share of all tasks, one after the other: it begins every block
    /// that it has a task of.
    /// </summary>
    /// <param name="workers">The workers.</param>
    /// <param name="blocks">The blocks.</param>
    /// <param name="tasks">The tasks of a block.</param>
    /// <param name="begin">The cost of beginning a block.</param>
    /// <param name="rest">The cost of all tasks of a block beside that.</param>
    public static double CostOfBusiest(int workers, int blocks, int tasks, Func<int, double> begin, Func<int, double> rest)
    {
        long all = (long)blocks * tasks;
        double most = 0;
        for (int worker = 0; worker < workers; worker++)
        {
            long end = all * (worker + 1) / workers;
            double cost = 0;
            for (long task = all * worker / workers; task < end;)
            {
                int block = (int)(task / tasks);
                long endOfBlock = Math.Min(end, (block + 1L) * tasks);
                cost += begin(block) + (rest(block) * (endOfBlock - task) / tasks);
                task = endOfBlock;
            }

            most = Math.Max(most, cost);
        }

        return most;
    }
}
