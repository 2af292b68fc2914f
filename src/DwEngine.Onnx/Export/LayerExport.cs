namespace DwEngine.Onnx.Export;

/// <summary>How layers of one kind are written.</summary>
/// <param name="Kind">Their <see cref="Graphs.Layers.Layer.Kind"/>.</param>
/// <param name="Write">Appends operators and returns the names of their results, one for each output of the layer.</param>
internal sealed record LayerExport(string Kind, Func<NodeExport, string[]> Write)
{
    /// <summary>How layers with one output are written.</summary>
    public static LayerExport Of(string kind, Func<NodeExport, string> write) => new(kind, node => [write(node)]);
}
