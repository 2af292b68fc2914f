using System.Collections.Frozen;

namespace DwEngine.Onnx.Export;

/// <summary>How every kind of layer is written.</summary>
internal static class LayerExports
{
    private static readonly FrozenDictionary<string, LayerExport> s_entries = new[]
    {
        ConvolutionExport.Entries,
        PoolingExport.Entries,
        ProductExport.Entries,
        FunctionExport.Entries,
        ArithmeticExport.Entries,
        NormalizationExport.Entries,
        RearrangingExport.Entries,
        ReductionExport.Entries,
        ReshapingExport.Entries,
        ResizingExport.Entries,
        TypeExport.Entries,
    }.SelectMany(entries => entries).ToFrozenDictionary(entry => entry.Kind);

    /// <summary>The kinds that can be written.</summary>
    public static IEnumerable<string> Kinds => s_entries.Keys;

    /// <summary>How layers of a kind are written.</summary>
    /// <exception cref="NoForm">There is no such kind.</exception>
    public static LayerExport Find(string kind) =>
        s_entries.GetValueOrDefault(kind) ?? throw new NoForm($"layers of the kind {kind} cannot be written");
}
