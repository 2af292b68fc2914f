using System.Collections.Immutable;

namespace DwEngine.Models;

/// <summary>Something in which networks of one architecture differ and that no tensor tells.</summary>
/// <param name="Name">The key in <see cref="ModelMetadata.Settings"/> and in files, such as <c>stem</c>.</param>
/// <param name="Values">What it may be; the first stands in where it is not known.</param>
public sealed record ArchitectureSetting(string Name, ImmutableArray<string> Values);
