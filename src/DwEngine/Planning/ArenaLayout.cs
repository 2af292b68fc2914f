namespace DwEngine.Planning;

/// <summary>
/// Places buffers in one arena so that two share memory only if they are never alive at the same time: largest first, each at the lowest
/// offset where it fits (greedy by size; Pisarchyk and Lee, arXiv 2001.03288).
/// </summary>
internal static class ArenaLayout
{
    /// <summary>A buffer to place.</summary>
    /// <param name="Length">Bytes.</param>
    /// <param name="FirstStep">The first step that touches it.</param>
    /// <param name="LastStep">The last step that touches it.</param>
    internal readonly record struct Request(long Length, int FirstStep, int LastStep);

    /// <summary>The buffers' offsets in bytes, all multiples of <paramref name="alignment"/>, and the arena's length.</summary>
    public static (long[] Offsets, long Length) Place(IReadOnlyList<Request> requests, int alignment)
    {
        long[] offsets = new long[requests.Count];
        long end = 0;
        var placed = new List<int>();
        foreach (int index in Enumerable.Range(0, requests.Count).OrderByDescending(i => requests[i].Length).ThenBy(i => i))
        {
            Request request = requests[index];
            long offset = 0;
            foreach (int other in placed
                .Where(i => requests[i].FirstStep <= request.LastStep && request.FirstStep <= requests[i].LastStep)
                .OrderBy(i => offsets[i]))
            {
                if (offset + request.Length <= offsets[other])
                {
                    break;
                }

                offset = Math.Max(offset, (offsets[other] + requests[other].Length + alignment - 1) / alignment * alignment);
            }

            offsets[index] = offset;
            placed.Add(index);
            end = Math.Max(end, offset + request.Length);
        }

        return (offsets, end);
    }
}
