namespace DwEngine.Formats.Pickle;

// None, bool, int, float, str and bytes are null, bool, long (BigInteger where it does not fit), double, string and byte[].
// Collections are compared by reference and never walked here, so that a cyclic structure is as harmless as any other.

/// <summary>A Python tuple.</summary>
/// <param name="Items">The items, which must not be changed.</param>
internal sealed record PickleTuple(object?[] Items)
{
    public static PickleTuple Empty { get; } = new([]);
}

/// <summary>A Python list, set or frozen set.</summary>
internal sealed class PickleList
{
    public List<object?> Items { get; } = [];
}

/// <summary>A Python dict or OrderedDict: the entries in the order in which they were set, repeated keys included.</summary>
internal sealed class PickleDictionary
{
    private List<KeyValuePair<object?, object?>>? _entries;

    public IReadOnlyList<KeyValuePair<object?, object?>> Entries => _entries ?? [];

    public void Set(object? key, object? value) => (_entries ??= []).Add(new(key, value));

    /// <summary>The value that was last set under a text key; null where there is none.</summary>
    public object? Find(string key) => _entries?.FindLast(entry => entry.Key is string name && name == key).Value;
}

/// <summary>A class or function that a pickle names. Only those of an allow-list ever exist here.</summary>
/// <param name="name">The full Python name, such as <c>collections.OrderedDict</c>.</param>
internal abstract class PickleGlobal(string name)
{
    public string Name { get; } = name;

    /// <summary>What the pickle gets where it calls the global.</summary>
    /// <exception cref="FileFormatException">The global cannot be called, or not with these arguments.</exception>
    public virtual object? Call(PickleTuple arguments, PickleMachine machine) =>
        throw machine.Error($"{Name} is called; expected it only to be named");
}
