namespace DwEngine.Kernels.Reference;

/// <summary>What is asked of the order of numbers in a row, naive.</summary>
internal static class AxisReference
{
    /// <summary>The place of the largest or smallest number; NaN is neither, unless it comes first.</summary>
    public static int ArgExtreme<T>(ReadOnlySpan<T> row, bool isSmallest, bool takesLast)
        where T : System.Numerics.INumber<T>
    {
        int place = 0;
        for (int i = 1; i < row.Length; i++)
        {
            bool isBetter = isSmallest ? row[i] < row[place] : row[i] > row[place];
            if (isBetter || (takesLast && row[i] == row[place]))
            {
                place = i;
            }
        }

        return place;
    }

    /// <summary>The places of the largest or smallest numbers in order; of equal ones the first comes first.</summary>
    public static int[] TopK<T>(T[] row, int count, bool isSmallest)
    {
        IEnumerable<int> places = Enumerable.Range(0, row.Length);
        return [.. (isSmallest ? places.OrderBy(i => row[i]) : places.OrderByDescending(i => row[i])).Take(count)];
    }
}
