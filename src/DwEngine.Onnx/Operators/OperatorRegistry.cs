using System.Collections.Frozen;
using DwEngine.Onnx.Nodes;

namespace DwEngine.Onnx.Operators;

/// <summary>The operators of ONNX's own domain that can be imported, by name and version of the operator set.</summary>
internal static class OperatorRegistry
{
    /// <summary>The oldest version of the operator set that is read.</summary>
    public const int OldestOpset = 1;

    /// <summary>The newest version whose operators are known here.</summary>
    public const int NewestOpset = 27;

    private static readonly FrozenDictionary<string, OperatorEntry[]> s_entries = new[]
    {
        Arithmetic.Entries,
        Casting.Entries,
        Constants.Entries,
        Convolutions.Entries,
        Functions.Entries,
        Logic.Entries,
        Normalizations.Entries,
        Pooling.Entries,
        Products.Entries,
        Quantization.Entries,
        Rearranging.Entries,
        Reductions.Entries,
        Reshaping.Entries,
        Resizing.Entries,
        Selecting.Entries,
        Softmaxes.Entries,
    }.SelectMany(entries => entries).GroupBy(entry => entry.Name).ToFrozenDictionary(group => group.Key, group => group.ToArray());

    /// <summary>All entries, by name and version.</summary>
    public static IEnumerable<OperatorEntry> All =>
        s_entries.Values.SelectMany(entries => entries).OrderBy(entry => entry.Name, StringComparer.Ordinal).ThenBy(entry => entry.Since);

    /// <summary>The entry for a version of the operator set.</summary>
    /// <exception cref="NotSupported">There is none.</exception>
    public static OperatorEntry Find(string name, long opset)
    {
        if (!s_entries.TryGetValue(name, out OperatorEntry[]? entries))
        {
            throw new NotSupported("the operator is not supported");
        }

        return Array.Find(entries, entry => entry.Covers(opset))
            ?? throw new NotSupported($"the operator is not supported in this opset (from {entries.Min(entry => entry.Since)} on)");
    }
}
