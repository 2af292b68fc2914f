using System.Collections.Frozen;

namespace DwEngine.PyTorch.Writing;

/// <summary>How every kind of layer is written.</summary>
internal static class LayerForms
{
    private static readonly FrozenDictionary<string, LayerForm> s_forms = new[]
    {
        ConvolutionForms.All,
        PoolingForms.All,
        FunctionForms.All,
        ArithmeticForms.All,
        NormalizationForms.All,
        RearrangingForms.All,
        ReductionForms.All,
        ReshapingForms.All,
        ResizingForms.All,
        TypeForms.All,
    }.SelectMany(forms => forms).ToFrozenDictionary(form => form.Kind);

    /// <summary>The kinds that can be written.</summary>
    public static IEnumerable<string> Kinds => s_forms.Keys;

    /// <summary>How layers of a kind are written.</summary>
    /// <exception cref="NoForm">There is no such kind.</exception>
    public static LayerForm Find(string kind) =>
        s_forms.GetValueOrDefault(kind) ?? throw new NoForm($"layers of the kind {kind} cannot be written");
}
