namespace DwEngine.Formats.Selection;

/// <summary>A tensor that a file holds, before anybody knows whether it belongs to the network.</summary>
/// <param name="Folder">
/// The keys of the dicts that it stands in, each followed by a dot; empty at the top level and in formats without dicts.
/// </param>
/// <param name="Name">Its name there.</param>
/// <param name="IsSingle">Whether it is a single number.</param>
internal readonly record struct OfferedTensor(string Folder, string Name, bool IsSingle);
