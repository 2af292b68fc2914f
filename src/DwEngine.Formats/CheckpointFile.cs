using System.Collections.Immutable;
using DwEngine.Files;
using DwEngine.Formats.PyTorch;
using DwEngine.Formats.SafeTensors;
using DwEngine.Models;

namespace DwEngine.Formats;

/// <summary>
/// Reads and writes weight files of every known format: PyTorch's zip archive and its older plain pickle stream (read only), and
/// safetensors (read and write).
/// </summary>
/// <remarks>
/// A safetensors file carries <see cref="ModelMetadata"/> as text in its <c>__metadata__</c>; unknown members are left out, other keys are
/// ignored:
/// <list type="table">
/// <item><term><c>architecture</c></term><description>the architecture's name, such as <c>shufflenet_v2_x1_0</c></description></item>
/// <item><term><c>stem</c></term><description><c>imagenet</c> or <c>cifar</c></description></item>
/// <item><term><c>colours</c></term><description><c>bgr</c> or <c>rgb</c>, of a ShuffleNet V2 of its authors</description></item>
/// <item><term><c>input_size</c></term><description>height and width in pixels, a decimal integer</description></item>
/// <item><term><c>mean</c></term><description>a JSON array of numbers, one for each colour channel, such as
/// <c>[0.485,0.456,0.406]</c></description></item>
/// <item><term><c>std</c></term><description>a JSON array of positive numbers, likewise</description></item>
/// <item><term><c>labels</c></term><description>a JSON array of strings, in the order of the network's outputs</description></item>
/// <item><term><c>dwengine_module</c></term><description><see cref="Checkpoint.Module"/>, 64 hexadecimal digits</description></item>
/// </list>
/// </remarks>
public static class CheckpointFile
{
    /// <summary>How many bytes of a file's start decide its format.</summary>
    internal const int HeadLength = 64;

    // Asked in this order; the stream format comes last because any pickle may claim to be one.
    private static readonly ImmutableArray<ICheckpointFormat> Formats =
    [
        new PyTorchZipFormat(),
        new SafeTensorsFormat(),
        new PyTorchStreamFormat(),
    ];

    /// <summary>
    /// The usual extensions of files that <see cref="Load(string, string?)"/> reads, with the dot. The content decides, not the name.
    /// </summary>
    public static IReadOnlyList<string> ReadableExtensions { get; } = [.. Formats.SelectMany(format => format.Extensions).Distinct()];

    /// <summary>What the formats that <see cref="Load(string, string?)"/> reads are called.</summary>
    public static IReadOnlyList<string> FormatNames { get; } = [.. Formats.Select(format => format.Name)];

    /// <summary>The extensions that <see cref="Save"/> accepts, with the dot.</summary>
    public static IReadOnlyList<string> WritableExtensions { get; } =
        [.. Formats.Where(format => format.CanSave).SelectMany(format => format.Extensions).Distinct()];

    /// <summary>Whether a file starts like one of a known format. One that is empty does not.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileFormatException">The file is missing or unreadable.</exception>
    public static bool IsKnown(string path) => IsKnown(ModelSource.FromFile(path));

    /// <summary>Whether what a source holds starts like a file of a known format. What is empty does not.</summary>
    /// <param name="source">The file, stream or bytes.</param>
    /// <exception cref="FileFormatException">It is missing or unreadable.</exception>
    public static bool IsKnown(ModelSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        using SourceFile file = source.Open();
        return Recognise(file) is not null;
    }

    /// <summary>
    /// Reads a weight file of any known format, chosen by its content. Nothing in the file is executed, and the memory used is bounded by a
    /// small multiple of the file's size plus 64 MiB, whatever sizes the file claims.
    /// </summary>
    /// <remarks>
    /// A file may hold more than one network, as a training checkpoint with an average beside the model, and much that is none: objects
    /// beside the tensors are left unread, and only what one of the network's tensors depends on refuses a file. Names lose what wrappers
    /// and training scripts put before or into them, such as <c>module.</c>, <c>_orig_mod.</c> and <c>state_dict.</c>
    /// </remarks>
    /// <param name="path">The file.</param>
    /// <param name="root">
    /// Which network of several: what its tensors stand under, such as <c>model_ema</c>, or <c>.</c> for the top level; null to take the
    /// one that was trained, see <see cref="Checkpoint.Remarks"/>.
    /// </param>
    /// <returns>The network's tensors, the file's metadata, and what was chosen.</returns>
    /// <exception cref="FileFormatException">
    /// The file is missing, unreadable, of an unknown format, truncated, corrupt or hostile, or holds no such network.
    /// </exception>
    public static Checkpoint Load(string path, string? root = null) => Load(ModelSource.FromFile(path), root);

    /// <summary>The same from a stream, bytes or a mapped file.</summary>
    /// <param name="source">The file, stream or bytes.</param>
    /// <param name="root">Which network of several, see <see cref="Load(string, string?)"/>; null to take the one that was trained.</param>
    /// <inheritdoc cref="Load(string, string?)" path="/exception"/>
    public static Checkpoint Load(ModelSource source, string? root = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        using SourceFile file = source.Open();
        return Recognise(file)?.Load(file, root)
            ?? throw file.Error(
                "byte 0",
                $"the file is of no known format of weights ({string.Join(", ", FormatNames)}); "
                + "an ONNX network is read by OnnxFile of DwEngine.Onnx");
    }

    /// <summary>
    /// Writes a weight file in the format that the extension of <paramref name="path"/> names. It is written under a temporary name in the
    /// same folder and then renamed, and its bytes depend on nothing but the checkpoint.
    /// </summary>
    /// <param name="path">The file; what stood there before is replaced.</param>
    /// <param name="checkpoint">What to write.</param>
    /// <exception cref="FileFormatException">
    /// No format that can be written has this extension, the format cannot hold the checkpoint, or the file cannot be written.
    /// </exception>
    public static void Save(string path, Checkpoint checkpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(checkpoint);
        string extension = Path.GetExtension(path);
        ICheckpointFormat? format = Formats.FirstOrDefault(
            candidate => candidate.CanSave && candidate.Extensions.Contains(extension, StringComparer.OrdinalIgnoreCase));
        if (format is null)
        {
            throw new FileFormatException(
                path, "file name",
                $"files with the extension '{extension}' cannot be written; expected {string.Join(" or ", WritableExtensions)}");
        }

        try
        {
            AtomicFile.Write(path, stream => format.Save(path, stream, checkpoint));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new FileFormatException(path, "", $"cannot be written: {error.Message}", error);
        }
    }

    private static ICheckpointFormat? Recognise(SourceFile file)
    {
        Span<byte> head = stackalloc byte[(int)Math.Min(HeadLength, file.Length)];
        file.Read(0, head, "byte 0");
        foreach (ICheckpointFormat format in Formats)
        {
            if (format.Recognises(head))
            {
                return format;
            }
        }

        return null;
    }
}
