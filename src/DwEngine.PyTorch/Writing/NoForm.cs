namespace DwEngine.PyTorch.Writing;

/// <summary>A layer that PyTorch cannot express exactly.</summary>
/// <param name="missing">What is missing, for the error that names all nodes.</param>
internal sealed class NoForm(string missing) : Exception(missing);
