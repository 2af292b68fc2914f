using System.Collections.Immutable;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using DwEngine.Files;

namespace DwEngine.PyTorch;

/// <summary>
/// Comments at the end of a module's file, which tell the network: the layers as compressed ONNX, and a hash of all that stands before it,
/// so that a file whose statements were changed is known.
/// </summary>
/// <param name="Architecture">The architecture whose weights the module's are; null for none.</param>
/// <param name="Identity">What the weights that belong to the module tell, too; null in a file that does not tell it.</param>
/// <param name="Tied">The tensors that are the same as others, by name.</param>
/// <param name="Graph">The network without weights.</param>
internal sealed record ModuleTrailer(
    string? Architecture, string? Identity, ImmutableArray<KeyValuePair<string, string>> Tied, byte[] Graph)
{
    private const string Title = "# From here on dw reads the network, and only if nothing above was changed.";
    private const string Mark = "# dw: ", ArchitectureKey = "architecture ", IdentityKey = "identity ", TiedKey = "tied ";
    private const string GraphKey = "graph ", HashKey = "sha256 ";
    private const int LineLength = 100, LongestFile = 64 << 20, LongestGraph = 256 << 20;

    /// <summary>Appends the comments to a text.</summary>
    public static string Append(
        string text, string? architecture, string identity, ImmutableArray<KeyValuePair<string, string>> tied, byte[] graph)
    {
        var whole = new StringBuilder(text).Append("\n\n").Append(Title).Append('\n');
        if (architecture is not null)
        {
            Add(ArchitectureKey, architecture);
        }

        Add(IdentityKey, identity);
        foreach ((string name, string first) in tied)
        {
            Add(TiedKey, $"{name} {first}");
        }

        using var packed = new MemoryStream();
        using (var stream = new DeflateStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            stream.Write(graph);
        }

        foreach (char[] line in Convert.ToBase64String(packed.GetBuffer(), 0, (int)packed.Length).Chunk(LineLength))
        {
            Add(GraphKey, new string(line));
        }

        Add(HashKey, HashOf(whole.ToString()));
        return whole.ToString();

        void Add(string key, string value) => whole.Append(Mark).Append(key).Append(value).Append('\n');
    }

    /// <summary>Reads the comments of a file.</summary>
    /// <exception cref="FileFormatException">It has none, or was changed.</exception>
    public static ModuleTrailer Read(string path)
    {
        // Line ends may have been changed on the way, as version control does.
        string text = InputFile.Read(path, stream => Text(path, stream)).Replace("\r\n", "\n", StringComparison.Ordinal);
        int title = text.LastIndexOf($"\n{Title}\n", StringComparison.Ordinal);
        if (title < 0)
        {
            throw new FileFormatException(path, "", "is no module that dw wrote: it does not tell its network in comments at its end");
        }

        int hash = text.LastIndexOf($"\n{Mark}{HashKey}", StringComparison.Ordinal) + 1;
        if (hash < title || text[hash..].TrimEnd('\n') != $"{Mark}{HashKey}{HashOf(text[..hash])}")
        {
            throw new FileFormatException(
                path, "text",
                "was changed after dw wrote it, and dw knows only the network that it wrote; undo the changes, or give the trained weights "
                + "to the file that the module was written from");
        }

        string? architecture = null, identity = null;
        var tied = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        var graph = new StringBuilder();
        foreach (string line in text[(title + Title.Length + 2)..hash].Split('\n').Where(line => line.StartsWith(Mark)))
        {
            string told = line[Mark.Length..];
            if (told.StartsWith(ArchitectureKey, StringComparison.Ordinal))
            {
                architecture = told[ArchitectureKey.Length..];
            }
            else if (told.StartsWith(IdentityKey, StringComparison.Ordinal))
            {
                identity = told[IdentityKey.Length..];
            }
            else if (told.StartsWith(TiedKey, StringComparison.Ordinal) && told.Split(' ') is [_, var name, var first])
            {
                tied.Add(new(name, first));
            }
            else if (told.StartsWith(GraphKey, StringComparison.Ordinal))
            {
                graph.Append(told.AsSpan(GraphKey.Length));
            }
            else
            {
                throw new FileFormatException(path, "comments at the end", $"{Quoting.Quoted(told)} is of no kind that this version knows");
            }
        }

        return new ModuleTrailer(architecture, identity, tied.ToImmutable(), Unpack(path, graph.ToString()));
    }

    private static string Text(string path, FileStream stream)
    {
        if (stream.Length > LongestFile)
        {
            throw new FileFormatException(path, "file size", $"{stream.Length} bytes; a module has at most {LongestFile}");
        }

        byte[] bytes = new byte[stream.Length];
        int count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return Encoding.UTF8.GetString(bytes, 0, count);
    }

    private static byte[] Unpack(string path, string text)
    {
        try
        {
            using var packed = new MemoryStream(Convert.FromBase64String(text));
            using var stream = new DeflateStream(packed, CompressionMode.Decompress);
            using var graph = new MemoryStream();
            byte[] part = new byte[1 << 16];
            while (stream.Read(part) is > 0 and var count)
            {
                graph.Write(part, 0, count);
                if (graph.Length > LongestGraph)
                {
                    throw new FileFormatException(path, "comments at the end", $"a network of more than {LongestGraph} bytes");
                }
            }

            return graph.ToArray();
        }
        catch (Exception error) when (error is FormatException or InvalidDataException)
        {
            throw new FileFormatException(path, "comments at the end", $"the network cannot be unpacked: {error.Message}", error);
        }
    }

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
