using System.Collections.Immutable;
using System.Text;
using DwEngine.Files;
using DwEngine.Models;
using DwEngine.Onnx.Schema;

namespace DwEngine.Onnx;

/// <summary>
/// What is known of a network beside its layers, among the properties of its file, under the keys that weight files have, too.
/// </summary>
internal static class OnnxMetadata
{
    /// <summary>The producer that writes them.</summary>
    public const string Producer = "DwEngine";

    /// <summary>The known members as properties, in a fixed order.</summary>
    /// <exception cref="OnnxExportException">A member cannot be written, such as a mean that is not finite.</exception>
    public static IEnumerable<StringStringEntryProto> Write(ModelMetadata metadata) => MetadataTexts
        .Encode(metadata, (location, problem, _) => new OnnxExportException($"{location}: {problem}"))
        .Select(pair => new StringStringEntryProto { Key = pair.Key, Value = pair.Value });

    /// <summary>Reads the members. Other producers may mean other things by these keys, so theirs are left alone.</summary>
    /// <exception cref="FileFormatException">A known key has a value that is not of its kind.</exception>
    public static ModelMetadata Read(
        ImmutableDictionary<string, string> properties, string producer, MemoryBudget budget,
        Func<string, string, Exception?, FileFormatException> error)
    {
        const string Place = "metadata_props";
        return producer != Producer ? new ModelMetadata() : MetadataTexts.Decode(
            properties.Where(pair => MetadataTexts.IsKnown(pair.Key))
                .ToDictionary(pair => pair.Key, pair => Encoding.UTF8.GetBytes(pair.Value)),
            bytes => budget.Take(bytes, Place),
            (problem, inner) => error(Place, problem, inner));
    }
}
