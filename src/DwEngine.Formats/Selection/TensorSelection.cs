using System.Collections.Immutable;
using DwEngine.Files;
using DwEngine.Models;

namespace DwEngine.Formats.Selection;

/// <summary>
/// Which of a file's tensors are the network's, and their names without what wrappers and training scripts put before them: the same for
/// all formats.
/// </summary>
/// <remarks>
/// A name that only a known architecture has, at the end of a longer one, tells what stands before it: the <em>root</em>, such as
/// <c>model_ema.</c> of <c>model_ema.module.stage2.0.branch1.0.weight</c>. Where no name tells, the root is a folder that scripts usually
/// save a network in, and names lose only what all have in common.
/// </remarks>
internal sealed class TensorSelection
{
    private const string Place = "names of tensors";

    // Longer names are no layers'; hostile ones would only cost time.
    private const int MaxNameLength = 512, MaxParts = 32;

    // What wrappers put between any two parts of a name: DataParallel, torch.compile, FSDP, activation checkpointing.
    private static readonly string[] s_wrappers = ["module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];

    // What training scripts save a network under, the most telling name first.
    private static readonly string[] s_roots =
    [
        "state_dict", "model_state_dict", "model_state", "model", "net", "network", "module", "params", "weights", "student", "backbone",
    ];

    // Parts of the names of roots that hold an average over training, or another network than the one that is trained.
    private static readonly string[] s_secondary = ["ema", "swa", "avg", "averaged", "average", "shadow", "teacher", "momentum"];

    // Single numbers that training tools keep beside a network, or in each of its modules.
    private static readonly string[] s_bookkeeping =
        ["n_averaged", "num_updates", "updates", "decay", "initted", "step", "total_ops", "total_params"];

    private static readonly string[] s_weightNames = [".weight", ".bias", ".running_mean", ".running_var"];

    private TensorSelection(ImmutableArray<(int Index, string Name)> tensors) => Tensors = tensors;

    /// <summary>The network's tensors: the place of each among those that were offered, and its name.</summary>
    public ImmutableArray<(int Index, string Name)> Tensors { get; }

    /// <summary>What the user should know of the choice; empty where there was none.</summary>
    public ImmutableArray<string> Remarks { get; private init; } = [];

    /// <summary>The roots that could be wanted instead.</summary>
    public ImmutableArray<string> OtherRoots { get; private init; } = [];

    /// <summary>Whether a name ends like that of a layer's weights.</summary>
    public static bool IsWeightName(string name) => Array.Exists(s_weightNames, ending => name.EndsWith(ending, StringComparison.Ordinal));

    /// <summary>
    /// Selects the tensors. Of several networks in a file it is the one that was trained, not an average of it; the more complete, not
    /// parts such as gradients; that under the more usual name.
    /// </summary>
    /// <param name="offered">All tensors of the file.</param>
    /// <param name="wanted">The root, as a remark or an error names it; null to choose one.</param>
    /// <param name="file">The file, for messages.</param>
    /// <exception cref="FileFormatException">There is no such root, or two tensors get one name.</exception>
    public static TensorSelection Of(IReadOnlyList<OfferedTensor> offered, string? wanted, SourceFile file)
    {
        var names = new string[offered.Count];
        var roots = new Dictionary<string, Root>(StringComparer.Ordinal);
        for (int i = 0; i < names.Length; i++)
        {
            string name = WithoutWrappers(offered[i].Folder + offered[i].Name);
            names[i] = name;
            int? telling = Starts(name).Where(start => IsTelling(name.AsSpan(start))).Cast<int?>().FirstOrDefault();
            if (telling is { } end)
            {
                string prefix = name[..end];
                if (!roots.TryGetValue(prefix, out Root? root))
                {
                    root = new Root(prefix, roots.Count);
                    roots.Add(prefix, root);
                }

                root.Folders.Add(offered[i].Folder);
                root.Count++;
            }
        }

        if (roots.Count == 0)
        {
            return Untold(offered, wanted, file);
        }

        Root chosen = wanted is null
            ? roots.Values.MinBy(root => (root.IsSecondary, -root.Count, Rank(root.Prefix), root.Order))!
            : Wanted(roots.Values, wanted, file);
        return OfRoot(chosen, roots, offered, names, wanted is not null, file);
    }

    private static TensorSelection OfRoot(
        Root chosen, Dictionary<string, Root> roots, IReadOnlyList<OfferedTensor> offered, string[] names, bool isWanted, SourceFile file)
    {
        var selected = ImmutableArray.CreateBuilder<(int, string)>();
        var beside = new List<string>();
        for (int i = 0; i < names.Length; i++)
        {
            string name = names[i];
            bool isInFolder = chosen.Folders.Contains(offered[i].Folder);
            // Of several roots that a name begins with, it belongs to the longest.
            Root? root = Starts(name).Reverse().Select(start => roots.GetValueOrDefault(name[..start])).OfType<Root>().FirstOrDefault();
            if (root == chosen && (isInFolder || root.IsSpread))
            {
                name = name[root.Prefix.Length..];
                if (!IsBookkeeping(offered[i], name))
                {
                    selected.Add((i, name));
                }
            }
            else if (root is null && isInFolder && !IsBookkeeping(offered[i], name))
            {
                beside.Add(name);
            }
        }

        RequireUnique(selected, file);
        var remarks = ImmutableArray.CreateBuilder<string>();
        if (roots.Count > 1 && !isWanted)
        {
            string others = string.Join(", ", roots.Values.Where(root => root != chosen).Take(5).Select(root => root.Title));
            string found = roots.Count == 2 ? "another network is" : "other networks are";
            remarks.Add($"the tensors under {chosen.Title} are taken; {found} under {others}");
        }

        if (beside.Count > 0)
        {
            string examples = string.Join(", ", beside.Take(3).Select(Quoting.Quoted));
            (string count, string verb) = beside.Count == 1 ? ("1 tensor", "is") : ($"{beside.Count} tensors", "are");
            remarks.Add($"{count} beside the network under {chosen.Title} {verb} left out: {examples}{(beside.Count > 3 ? ", ..." : "")}");
        }

        return new TensorSelection(selected.ToImmutable())
        {
            Remarks = remarks.ToImmutable(),
            OtherRoots = [.. roots.Values.Where(root => root != chosen).Select(root => root.Wanted)],
        };
    }

    private static Root Wanted(IReadOnlyCollection<Root> roots, string wanted, SourceFile file)
    {
        string prefix = wanted.Length == 0 || wanted == "." ? "" : WithoutWrappers(wanted.TrimEnd('.') + ".");
        Root[] exact = [.. roots.Where(root => root.Prefix == prefix)];
        Root[] found = exact.Length > 0
            ? exact
            : [.. roots.Where(root => ("." + root.Prefix).Contains("." + prefix, StringComparison.Ordinal))];
        string count = found.Length == 0 ? "no network is" : $"{found.Length} networks are";
        string places = string.Join(", ", roots.Take(8).Select(root => root.Title));
        return found is [Root only]
            ? only
            : throw file.Error(Place, $"{count} under {Quoting.Quoted(wanted)}; there are networks under {places}");
    }

    // Tensors of no known architecture: whoever wants a network will say so; others, such as calibration statistics, want them as they are.
    private static TensorSelection Untold(IReadOnlyList<OfferedTensor> offered, string? wanted, SourceFile file)
    {
        string[] folders = [.. offered.Select(tensor => tensor.Folder).Distinct()];
        string folder = folders.Where(IsUsual).MinBy(Rank)
            ?? (folders is [var only] ? only : "");
        if (wanted is not null)
        {
            folder = wanted is "" or "." ? "" : wanted.TrimEnd('.') + ".";
        }

        int[] inside = [.. Enumerable.Range(0, offered.Count).Where(i => offered[i].Folder == folder)];
        if (inside.Length == 0 && (offered.Count > 0 || wanted is not null))
        {
            bool isOptimizer = offered.Any(tensor => tensor.Name is "exp_avg" or "exp_avg_sq" or "momentum_buffer" or "square_avg");
            string places = string.Join(", ", folders.Take(8).Select(Title)) + (isOptimizer ? ", as in an optimizer's state" : "");
            string under = wanted is null ? "" : $" under {Quoting.Quoted(wanted)}";
            throw file.Error(Place, $"no network's tensors{under}; there are tensors under {places}");
        }

        int length = SharedLength([.. inside.Where(i => !IsBookkeeping(offered[i], offered[i].Name)).Select(i => offered[i].Name)]);
        var selected = ImmutableArray.CreateBuilder<(int, string)>();
        foreach (int i in inside)
        {
            string name = offered[i].Name;
            if (length == 0 || !IsBookkeeping(offered[i], name))
            {
                selected.Add((i, name[length..]));
            }
        }

        RequireUnique(selected, file);
        return new TensorSelection(selected.ToImmutable());

        static bool IsUsual(string folder) => folder.Length > 0 && folder.TrimEnd('.').Split('.').All(part => s_roots.Contains(part));
    }

    private static int SharedLength(string[] names)
    {
        int length = 0;
        while (names.Length > 0 && Array.Find(s_wrappers, IsShared) is { } shared)
        {
            length += shared.Length + 1;
        }

        return length;

        bool IsShared(string wrapper) => Array.TrueForAll(names, name => name.AsSpan(length).StartsWith($"{wrapper}."));
    }

    private static void RequireUnique(IEnumerable<(int Index, string Name)> tensors, SourceFile file)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach ((_, string name) in tensors)
        {
            if (!names.Add(name))
            {
                throw file.Error($"tensor {Quoting.Quoted(name)}", "the file holds this name twice");
            }
        }
    }

    /// <summary>Where the parts of a name start; nowhere in a name that is too long to be a layer's.</summary>
    private static IEnumerable<int> Starts(string name)
    {
        if (name.Length > MaxNameLength)
        {
            yield break;
        }

        yield return 0;
        int parts = 1;
        for (int dot = name.IndexOf('.'); dot >= 0 && parts < MaxParts; dot = name.IndexOf('.', dot + 1), parts++)
        {
            yield return dot + 1;
        }
    }

    private static bool IsTelling(ReadOnlySpan<char> name)
    {
        foreach (IArchitecture architecture in Architectures.All)
        {
            if (architecture.IsTelling(name))
            {
                return true;
            }
        }

        return false;
    }

    private static string WithoutWrappers(string name)
    {
        if (!Array.Exists(s_wrappers, wrapper => name.Contains(wrapper, StringComparison.Ordinal)))
        {
            return name;
        }

        return string.Join('.', name.Split('.').Where(part => !s_wrappers.Contains(part)));
    }

    // A number without a dot in its name is no layer's, and a module's extra state is for its own class.
    private static bool IsBookkeeping(OfferedTensor tensor, string name)
    {
        string last = name[(name.LastIndexOf('.') + 1)..];
        return last == "_extra_state" || (tensor.IsSingle && (last.Length == name.Length || s_bookkeeping.Contains(last)));
    }

    private static int Rank(string prefix)
    {
        int rank = Array.FindIndex(s_roots, root => prefix.TrimEnd('.').Split('.').Contains(root));
        return rank < 0 ? s_roots.Length : rank;
    }

    private static string Title(string prefix) => prefix.Length == 0 ? "the top level" : Quoting.Quoted(prefix.TrimEnd('.'));

    /// <summary>A place in a file that holds a known architecture's tensors.</summary>
    private sealed class Root(string prefix, int order)
    {
        public string Prefix => prefix;

        /// <summary>The dicts that its tensors stand in.</summary>
        public HashSet<string> Folders { get; } = new(StringComparer.Ordinal);

        /// <summary>How many of its tensors tell the architecture.</summary>
        public int Count { get; set; }

        /// <summary>Whether each layer has a dict of its own.</summary>
        public bool IsSpread => Folders.Count > 1;

        /// <summary>What names it for <see cref="Of"/>.</summary>
        public string Wanted => prefix.Length == 0 ? "." : prefix.TrimEnd('.');

        public string Title => TensorSelection.Title(prefix);

        /// <summary>Whether it seems to be an average of a network, or another than the one that is trained.</summary>
        public bool IsSecondary => prefix.Split('.', '_').Any(part => s_secondary.Contains(part, StringComparer.OrdinalIgnoreCase));

        public int Order => order;
    }
}
