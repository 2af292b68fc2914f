using System.Globalization;
using DwEngine.Files;
using DwEngine.Formats.Pickle;
using DwEngine.Formats.Selection;
using DwEngine.Models;

namespace DwEngine.Formats.PyTorch;

/// <summary>
/// Finds the tensors among what training scripts save: in dicts, lists and objects within one another, and in whole modules as
/// <c>torch.save(model)</c> and <c>torch.jit.save</c> write them, there under the names that <c>state_dict()</c> gives.
/// </summary>
internal sealed class TensorCollector
{
    // Deeper than any training script or network nests; the search recurses.
    private const int MaxDepth = 64;

    // An entry of the list below, and its name.
    private const int EntryBytes = 128;

    // What modules keep their parts under; the parts' names in a state dict do not show it.
    private const string Parameters = "_parameters", Buffers = "_buffers", Modules = "_modules";

    private const string NonPersistent = "_non_persistent_buffers_set";

    // Beside a network, the state of a training script may hold as many tensors again, none of which is a weight.
    private static readonly string[] s_unread =
        ["optimizer", "optimizer_state_dict", "optimizer_states", "optim", "opt", "lr_scheduler", "scheduler", "scaler", "_metadata"];

    private readonly SourceFile _file;
    private readonly MemoryBudget _budget;
    private readonly List<OfferedTensor> _offered = [];
    private readonly List<object> _values = [];

    // The classes of whole modules, by the folder where each stands.
    private readonly Dictionary<string, string> _modules = new(StringComparer.Ordinal);

    // A structure may contain itself, under every key: each part is searched once.
    private readonly HashSet<object> _searched = new(ReferenceEqualityComparer.Instance);

    private TensorCollector(SourceFile file, MemoryBudget budget)
    {
        _file = file;
        _budget = budget;
    }

    /// <summary>Loads the tensors of the network.</summary>
    /// <param name="root">What the pickle holds.</param>
    /// <param name="end">Where the pickle ends.</param>
    /// <param name="wanted">Which of several networks; null to choose one.</param>
    /// <param name="file">The file, for messages.</param>
    /// <param name="loader">Loads one tensor.</param>
    /// <param name="budget">What the file may take in memory.</param>
    public static Checkpoint Load(object? root, long end, string? wanted, SourceFile file, TensorLoader loader, MemoryBudget budget)
    {
        var collector = new TensorCollector(file, budget);
        collector.Collect(root, "", "", MaxDepth);
        if (collector._offered.Count == 0)
        {
            throw Nothing(root, end, file);
        }

        TensorSelection selection = TensorSelection.Of(collector._offered, wanted, file);
        var state = new StateDict();
        foreach ((int index, string name) in selection.Tensors)
        {
            object value = collector._values[index];
            state.Add(name, value is TorchTensor tensor ? loader.Load(name, tensor) : throw Unreadable(name, value, file));
        }

        return new Checkpoint(state, new ModelMetadata())
        {
            Remarks = [.. selection.Remarks, .. collector.ModuleRemark(selection)],
            OtherRoots = selection.OtherRoots,
        };
    }

    private IEnumerable<string> ModuleRemark(TensorSelection selection) =>
        selection.Tensors is [var (index, _), ..] && _modules.TryGetValue(_offered[index].Folder, out string? kind)
            ? [$"the file holds a whole module, of the class {Quoting.Plain(kind)}: its tensors are read, its code is not"]
            : [];

    // The folder is where a dict or a module stands, the prefix how far into the module the search is.
    private void Collect(object? value, string folder, string prefix, int depth)
    {
        if (depth == 0 || !IsContainer(value) || !_searched.Add(value!))
        {
            return;
        }

        _budget.Take(EntryBytes + ((long)(folder.Length + prefix.Length) * sizeof(char)), "pickle");
        switch (value)
        {
            case PickleDictionary dictionary:
                CollectEntries(dictionary, folder, prefix, depth);
                break;
            case PickleList list:
                CollectItems(list.Items, folder, prefix, depth);
                break;
            case PickleTuple tuple:
                CollectItems(tuple.Items, folder, prefix, depth);
                break;
            case PickleObject { State: { } state } module when state.Find(Modules) is { } children:
                if (prefix.Length == 0)
                {
                    _modules.TryAdd(folder, module.Kind);
                }

                CollectModule(state, children, folder, prefix, depth);
                break;
            case PickleObject placeholder:
                Collect(placeholder.Entries, folder, prefix, depth - 1);
                Collect(placeholder.Items, folder, prefix, depth - 1);
                Collect(placeholder.State, folder, prefix, depth - 1);
                Array.ForEach(placeholder.Arguments.Items, argument => Collect(argument, folder, prefix, depth - 1));
                break;
        }
    }

    private void CollectModule(PickleDictionary state, object children, string folder, string prefix, int depth)
    {
        List<object?> hidden = state.Find(NonPersistent) switch
        {
            PickleList list => list.Items,
            PickleObject { Arguments.Items: [PickleList list, ..] } => list.Items,
            _ => [],
        };
        foreach (string part in (ReadOnlySpan<string>)[Parameters, Buffers])
        {
            foreach ((object? key, object? value) in EntriesOf(state.Find(part)))
            {
                if (part == Parameters || !hidden.Contains(key))
                {
                    Offer(folder, prefix, key, value);
                }
            }
        }

        foreach ((object? key, object? child) in EntriesOf(children))
        {
            if (IsContainer(child))
            {
                Collect(child, folder, $"{prefix}{Segment(key)}.", depth - 1);
            }
        }
    }

    private void CollectEntries(PickleDictionary dictionary, string folder, string prefix, int depth)
    {
        foreach ((object? key, object? value) in dictionary.Entries)
        {
            if (!Offer(folder, prefix, key, value) && IsContainer(value) && !(key is string name && s_unread.Contains(name)))
            {
                Collect(value, $"{folder}{prefix}{Segment(key)}.", "", depth - 1);
            }
        }
    }

    private void CollectItems(IReadOnlyList<object?> items, string folder, string prefix, int depth)
    {
        for (int i = 0; i < items.Count; i++)
        {
            if (!Offer(folder, prefix, (long)i, items[i]) && IsContainer(items[i]))
            {
                Collect(items[i], $"{folder}{prefix}{i}.", "", depth - 1);
            }
        }
    }

    private static bool IsContainer(object? value) => value is PickleDictionary or PickleList or PickleTuple or PickleObject;

    private bool Offer(string folder, string prefix, object? key, object? value)
    {
        // What is no tensor in the place of a weight, such as a NumPy array, shall be named, not be missing.
        bool isInPlaceOfWeight = value is PickleObject { Entries: null, Items: null }
            && key is string text && TensorSelection.IsWeightName(text);
        if (value is not (TorchTensor or UnreadableTensor) && !isInPlaceOfWeight)
        {
            return false;
        }

        string name = prefix + Segment(key);
        // Its full name is held twice: as it is, and without wrappers.
        _budget.Take(EntryBytes + ((long)(folder.Length + name.Length) * 2 * sizeof(char)), "pickle");
        _offered.Add(new OfferedTensor(folder, name, value is TorchTensor tensor && Array.TrueForAll(tensor.Sizes, size => size == 1)));
        _values.Add(value!);
        return true;
    }

    private static IEnumerable<KeyValuePair<object?, object?>> EntriesOf(object? value) => value switch
    {
        PickleDictionary dictionary => dictionary.Entries,
        PickleObject { Entries: { } entries } => entries.Entries,
        _ => [],
    };

    private static string Segment(object? key) => key switch
    {
        string text => text,
        long number => number.ToString(CultureInfo.InvariantCulture),
        _ => "?",
    };

    private static FileFormatException Unreadable(string name, object value, SourceFile file)
    {
        (string problem, long position) = value is UnreadableTensor unreadable
            ? (unreadable.Problem, unreadable.Position)
            : ($"is {PickleText.Describe(value)}, not a tensor", ((PickleObject)value).Position);
        return file.Error($"tensor {Quoting.Quoted(name)}, byte {position} of the pickle", problem);
    }

    private static FileFormatException Nothing(object? root, long end, SourceFile file)
    {
        const string Expected = "expected a model's state_dict, or something that holds one";
        if (root is not PickleDictionary dictionary)
        {
            long position = root is PickleObject made ? made.Position : end;
            return file.Error($"pickle, byte {position}", $"holds {PickleText.Describe(root)} and no dict of named tensors; {Expected}");
        }

        var first = dictionary.Entries.FirstOrDefault(entry => entry.Value is PickleObject).Value as PickleObject;
        string keys = string.Join(", ", dictionary.Entries.Take(8).Select(Entry));
        return file.Error(
            $"pickle, byte {first?.Position ?? end}",
            $"holds no tensors under the keys that were found ({(keys.Length == 0 ? "none" : keys)}); {Expected}");

        static string Entry(KeyValuePair<object?, object?> entry)
        {
            string key = entry.Key is string text ? Quoting.Plain(text) : "a key that is not text";
            return entry.Value is PickleObject or PickleGlobal ? $"{key}: {PickleText.Describe(entry.Value)}" : key;
        }
    }
}
