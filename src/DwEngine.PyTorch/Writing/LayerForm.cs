namespace DwEngine.PyTorch.Writing;

/// <summary>How layers of one kind are written.</summary>
/// <param name="Kind">Their <see cref="Graphs.Layers.Layer.Kind"/>.</param>
/// <param name="Write">
/// Returns the expression of the layer's result; for a layer with several outputs, of a tuple of them. What it reads are names or
/// expressions that need no brackets.
/// </param>
internal sealed record LayerForm(string Kind, Func<NodeWriter, string> Write);
