using DwEngine.Tensors;

namespace DwEngine.Cli.Options;

/// <summary>The shape of an input.</summary>
/// <param name="Input">The input's name; null for the only one.</param>
/// <param name="Shape">Its dimensions.</param>
internal sealed record NamedShape(string? Input, Shape Shape);
