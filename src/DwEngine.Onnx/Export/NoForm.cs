namespace DwEngine.Onnx.Export;

/// <summary>A layer that the operator set cannot express.</summary>
/// <param name="missing">What is missing, for the error that names all nodes.</param>
internal sealed class NoForm(string missing) : Exception(missing);
