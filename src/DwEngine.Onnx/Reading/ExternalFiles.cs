using System.Globalization;
using DwEngine.Files;
using DwEngine.Onnx.Schema;

namespace DwEngine.Onnx.Reading;

/// <summary>
/// The files beside a model that hold tensors. A name in a model is that of a file within the model's folder or below it, whatever links
/// lead there: a model must not make its reader open other files.
/// </summary>
/// <param name="model">The model's path or name.</param>
/// <param name="folder">The model's folder; null for a model that was read from a stream or bytes, if the caller named none.</param>
internal sealed class ExternalFiles(string model, string? folder) : IDisposable
{
    // The systems open no longer names.
    private const int LongestName = 4096;

    private readonly Dictionary<string, (SourceFile File, MemoryBudget Budget)> _files = new(StringComparer.Ordinal);

    /// <summary>Reads the bytes of a tensor.</summary>
    /// <param name="entries">Where it lies: <c>location</c>, <c>offset</c>, <c>length</c>.</param>
    /// <param name="count">How many bytes its shape needs.</param>
    /// <param name="place">What the tensor is, for errors.</param>
    /// <exception cref="FileFormatException">The entries do not fit, or the file cannot be read, or lies elsewhere.</exception>
    public byte[] Read(IEnumerable<StringStringEntryProto> entries, int count, string place)
    {
        string? name = null;
        long offset = 0;
        long? length = null;
        foreach (StringStringEntryProto entry in entries)
        {
            switch (entry.Key)
            {
                case "location":
                    name = entry.Value;
                    break;
                case "offset":
                    offset = Number(entry, place);
                    break;
                case "length":
                    length = Number(entry, place);
                    break;
                default:
                    break;
            }
        }

        if (length is { } told && told != count)
        {
            throw Error(place, $"has {told} bytes in another file; its shape needs {count}");
        }

        (SourceFile file, MemoryBudget budget) = Open(name, place);
        budget.Take(count, $"{place} of {model}");
        return file.ReadArray(offset, count, $"{place} of {model}");
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach ((SourceFile file, _) in _files.Values)
        {
            file.Dispose();
        }
    }

    private (SourceFile File, MemoryBudget Budget) Open(string? name, string place)
    {
        if (string.IsNullOrEmpty(name))
        {
            throw Error(place, "lies in another file, which is not named");
        }

        if (folder is null)
        {
            throw Error(
                place,
                $"lies in the file {Quoting.Quoted(name)}; a model from a stream or bytes has no folder to find it in, and "
                + $"{nameof(OnnxOptions)}.{nameof(OnnxOptions.WeightsFolder)} names none");
        }

        if (_files.TryGetValue(name, out (SourceFile, MemoryBudget) open))
        {
            return open;
        }

        string path = Resolve(folder, name, place);
        try
        {
            var file = SourceFile.Open(path);
            return _files[name] = (file, new MemoryBudget(file));
        }
        catch (FileFormatException error)
        {
            throw new FileFormatException(model, place, $"lies in another file: {error.Message}", error);
        }
    }

    private string Resolve(string root, string name, string place)
    {
        bool isWithin = name.Length <= LongestName && !name.Contains('\0') && !Path.IsPathRooted(name) && !name.Contains(':');
        string? within = LinkedPath.Resolve(root);
        string? path = isWithin && within is not null ? LinkedPath.Resolve(Path.Combine(root, name)) : null;
        return path is not null && path.StartsWith(
            Path.EndsInDirectorySeparator(within!) ? within! : within + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw Error(place, $"lies in the file {Quoting.Quoted(name)}; a file within the model's folder was expected");
    }

    private long Number(StringStringEntryProto entry, string place) =>
        long.TryParse(entry.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw Error(place, $"the {entry.Key} of its data is {Quoting.Quoted(entry.Value)}; a number of bytes was expected");

    private FileFormatException Error(string place, string problem) => new(model, place, problem);
}
