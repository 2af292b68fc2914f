using DwEngine.Files;
using DwEngine.Models;

namespace DwEngine.Formats;

/// <summary>One kind of weight file. A new kind is one class here and one row in <see cref="CheckpointFile"/>.</summary>
internal interface ICheckpointFormat
{
    /// <summary>The format's name in messages.</summary>
    string Name { get; }

    /// <summary>The file name extensions that such files usually have, lower case with the dot.</summary>
    IReadOnlyList<string> Extensions { get; }

    /// <summary>Whether <see cref="Save"/> is implemented.</summary>
    bool CanSave { get; }

    /// <summary>
    /// Whether a file that starts with these bytes (at most <see cref="CheckpointFile.HeadLength"/>) is of this kind, whatever its name.
    /// </summary>
    bool Recognises(ReadOnlySpan<byte> head);

    /// <summary>Reads the file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="root">Which of several networks; null to choose one.</param>
    /// <exception cref="FileFormatException">The file is not what it claims to be, or holds no such network.</exception>
    Checkpoint Load(SourceFile file, string? root);

    /// <summary>Writes the checkpoint; called only where <see cref="CanSave"/> holds.</summary>
    /// <param name="path">The final path, for messages.</param>
    /// <param name="stream">Where the bytes go.</param>
    /// <param name="checkpoint">What to write.</param>
    /// <exception cref="FileFormatException">The format cannot hold the checkpoint.</exception>
    void Save(string path, Stream stream, Checkpoint checkpoint);
}
