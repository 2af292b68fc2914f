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

/// <summary>
/// An inert placeholder for an object of a class, or the result of a function, that this library does not know. It holds what the pickle
/// gives it; nothing is executed, imported or looked up for it.
/// </summary>
/// <param name="kind">The full Python name of the class or function.</param>
/// <param name="position">The byte of the pickle where it is made.</param>
internal sealed class PickleObject(string kind, long position)
{
    /// <summary>The full Python name of the class, or of the function that would have made the object.</summary>
    public string Kind { get; } = kind;

    /// <summary>The byte of the pickle where it is made.</summary>
    public long Position { get; } = position;

    /// <summary>What it is made from.</summary>
    public PickleTuple Arguments { get; init; } = PickleTuple.Empty;

    /// <summary>The attributes that the pickle sets; null where there are none.</summary>
    public PickleDictionary? State { get; set; }

    /// <summary>The entries that the pickle adds, as to an object of a subclass of dict; null where there are none.</summary>
    public PickleDictionary? Entries { get; set; }

    /// <summary>The items that the pickle adds, as to an object of a subclass of list; null where there are none.</summary>
    public PickleList? Items { get; set; }
}

/// <summary>
/// A class or function that a pickle names. Those that this library knows are rows of a table; the others are names and nothing else.
/// </summary>
/// <param name="name">The full Python name, such as <c>collections.OrderedDict</c>.</param>
internal class PickleGlobal(string name)
{
    // What copyreg, numpy and Python's own protocols make objects of a class with: the class is an argument.
    private static readonly string[] s_makers =
        ["copyreg._reconstructor", "copy_reg._reconstructor", "copyreg.__newobj__", "copy_reg.__newobj__"];

    public string Name { get; } = name;

    /// <summary>What the pickle gets where it calls the global: a placeholder, but for those that a derived class knows better.</summary>
    public virtual object? Call(PickleTuple arguments, PickleMachine machine)
    {
        bool isMaker = s_makers.Contains(Name) || Name.EndsWith("multiarray._reconstruct", StringComparison.Ordinal);
        string kind = isMaker && arguments.Items is [PickleGlobal made, ..] ? made.Name : Name;
        return new PickleObject(kind, machine.Position) { Arguments = arguments };
    }
}
