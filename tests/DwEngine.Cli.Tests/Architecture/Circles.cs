using System.Reflection;

namespace DwEngine.Cli.Tests.Architecture;

/// <summary>Finds folders of a project that know each other, by the namespaces of their types.</summary>
internal static class Circles
{
    /// <summary>The circles between a namespace's children, and with it unless it is left out; empty if there are none.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="root">The namespace.</param>
    /// <param name="withRoot">Whether the namespace's own types count as one more child.</param>
    /// <returns>For each use that closes a circle, who uses what.</returns>
    public static IReadOnlyList<string> Between(Assembly assembly, string root, bool withRoot)
    {
        TypeUse[] uses =
        [
            .. TypeUses.Of(assembly, root).Where(use => Child(use.From, root) != Child(use.To, root))
                .Where(use => withRoot || (use.From != root && use.To != root)),
        ];
        ILookup<string, string> graph = uses.ToLookup(use => Child(use.From, root), use => Child(use.To, root));
        return
        [
            .. uses.Where(use => Reaches(graph, Child(use.To, root), Child(use.From, root), []))
                .Select(use => $"{use.User} uses {use.Used}").Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>The part of a namespace's name that comes next after its root; empty for the root itself.</summary>
    public static string Child(string name, string root) => name == root ? "" : name[(root.Length + 1)..].Split('.')[0];

    private static bool Reaches(ILookup<string, string> graph, string from, string to, HashSet<string> seen) =>
        from == to || (seen.Add(from) && graph[from].Distinct().Any(next => Reaches(graph, next, to, seen)));
}
