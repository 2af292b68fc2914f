namespace DwEngine;

/// <summary>What several messages say in the same words.</summary>
internal static class Words
{
    private const int MostListed = 8, MostSuggested = 3;

    /// <summary>A number of things: <c>1 input</c>, <c>2 inputs</c>.</summary>
    public static string Count(long count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    /// <summary>
    /// The error for a name that nothing in a network has: it lists all names if they are few, else those that are spelled most alike.
    /// </summary>
    /// <param name="kind">What was looked for, such as "input".</param>
    /// <param name="name">The name that nothing has.</param>
    /// <param name="known">All names that there are.</param>
    /// <param name="listing">What lists all names, for the reader.</param>
    public static GraphException UnknownName(string kind, string? name, IEnumerable<string> known, string listing)
    {
        string[] all = [.. known];
        string found = $"The network has no {kind} '{name}'";
        return new GraphException(all.Length switch
        {
            0 => $"{found}; it has no {kind}s.",
            1 => $"{found}; its only {kind} is '{all[0]}'.",
            <= MostListed => $"{found}; its {kind}s are {Quoted(all)}.",
            _ => $"{found}; the most similar names are {Quoted(all.OrderBy(other => Distance(name ?? "", other)).Take(MostSuggested))}. "
                + $"{listing} lists all {all.Length}.",
        });
    }

    /// <summary>How many letters must be changed, added, left out or exchanged with their neighbour to make one word of another.</summary>
    public static int Distance(string first, string second)
    {
        int[,] costs = new int[first.Length + 1, second.Length + 1];
        for (int i = 0; i <= first.Length; i++)
        {
            for (int j = 0; j <= second.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    costs[i, j] = i + j;
                    continue;
                }

                int change = costs[i - 1, j - 1] + (first[i - 1] == second[j - 1] ? 0 : 1);
                costs[i, j] = Math.Min(change, Math.Min(costs[i - 1, j], costs[i, j - 1]) + 1);
                if (i > 1 && j > 1 && first[i - 1] == second[j - 2] && first[i - 2] == second[j - 1])
                {
                    costs[i, j] = Math.Min(costs[i, j], costs[i - 2, j - 2] + 1);
                }
            }
        }

        return costs[first.Length, second.Length];
    }

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}
