using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace DwEngine.Benchmarks.InnerLoops;

/// <summary>One method as the JIT compiler lists it where <c>DOTNET_JitDisasm</c> names it.</summary>
/// <param name="Name">The method.</param>
/// <param name="Lines">All lines that follow its name.</param>
internal sealed partial record JitListing(string Name, ImmutableArray<string> Lines)
{
    private const string Heading = "; Assembly listing for method ";

    /// <summary>Whether the method is a constructor, of a type or of an object.</summary>
    public bool IsConstructor => Name.Contains(":.ctor", StringComparison.Ordinal) || Name.Contains(":.cctor", StringComparison.Ordinal);

    /// <summary>What the code is made for: architecture, encodings, system.</summary>
    public string Target =>
        Lines.Select(line => Emitting().Match(line)).FirstOrDefault(match => match.Success)?.Groups[1].Value ?? "an unknown target";

    /// <summary>The methods of a file.</summary>
    public static IEnumerable<JitListing> Read(string path)
    {
        string[] lines = File.ReadAllLines(path);
        int[] starts =
            [.. Enumerable.Range(0, lines.Length).Where(i => lines[i].StartsWith(Heading, StringComparison.Ordinal)), lines.Length];
        return starts.Zip(starts.Skip(1), (start, end) => new JitListing(lines[start][Heading.Length..], [.. lines[(start + 1)..end]]));
    }

    /// <summary>The one loop that holds multiply-adds: what stands between a label and a jump back to it.</summary>
    /// <exception cref="InvalidDataException">There is none, or there are several.</exception>
    public InnerLoop FindLoop()
    {
        InnerLoop[] found = [.. Loops().Select(loop => Cut(loop.First, loop.Last)).Where(loop => loop.MultiplyAdds > 0)];
        return found.Length == 1 ? found[0]
            : throw new InvalidDataException($"Expected one loop with multiply-adds in {Name}; found {found.Length}.");
    }

    /// <summary>The loops that hold no other; several jumps back to one label are one loop.</summary>
    public IEnumerable<InnerLoop> InnermostLoops()
    {
        (int First, int Last)[] loops = [.. Loops().GroupBy(loop => loop.First).Select(group => (group.Key, group.Max(loop => loop.Last)))];
        return loops.Where(loop => !loops.Any(other => other != loop && other.First >= loop.First && other.Last <= loop.Last))
            .Select(loop => Cut(loop.First, loop.Last));
    }

    // The lines of the label and of the jump back to it.
    private IEnumerable<(int First, int Last)> Loops()
    {
        var labels = new Dictionary<string, int>();
        for (int i = 0; i < Lines.Length; i++)
        {
            if (Label().Match(Lines[i]) is { Success: true } label)
            {
                labels.Add(label.Groups[1].Value, i);
            }
            else if (Jump().Match(Lines[i]) is { Success: true } jump && labels.TryGetValue(jump.Groups[1].Value, out int target))
            {
                yield return (target, i);
            }
        }
    }

    private InnerLoop Cut(int first, int last)
    {
        string label = Jump().Match(Lines[last]).Groups[1].Value;
        return new InnerLoop(
            [.. Lines[(first + 1)..last].Where(line => Instruction().IsMatch(line)),
                Lines[last].Replace(label, InnerLoop.Label, StringComparison.Ordinal)],
            UsesFramePointer: !Lines.Contains("; rsp based frame"));
    }

    [GeneratedRegex(@"^; Emitting \w+ for (.+)$")]
    private static partial Regex Emitting();

    [GeneratedRegex(@"^(G_M\w+):")]
    private static partial Regex Label();

    [GeneratedRegex(@"^\s+j\w+\s.*\b(G_M\w+)$")]
    private static partial Regex Jump();

    // All but labels, remarks and the room that aligns the next loop.
    [GeneratedRegex(@"^\s+(?!align\b)[a-z]")]
    private static partial Regex Instruction();
}
