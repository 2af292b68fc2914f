using System.Runtime.InteropServices;
using DwEngine.Cli.Output;
using DwEngine.Files;
using DwEngine.Runtime;
using DwEngine.Tensors;

namespace DwEngine.Cli.Input;

/// <summary>Files of one tensor: NumPy's by their extension, else nothing but the elements, little-endian.</summary>
internal static class TensorFile
{
    /// <summary>The shape that a file tells; null for one of elements only.</summary>
    /// <exception cref="FileFormatException">The file cannot be read.</exception>
    public static Shape? ShapeOf(string path) => NpyFile.IsNpy(path) ? NpyFile.Open(path).Shape : null;

    /// <summary>Reads a network's input.</summary>
    /// <param name="path">The file.</param>
    /// <param name="input">What the network expects.</param>
    /// <param name="bytes">Receives the elements.</param>
    /// <exception cref="FileFormatException">
    /// The file does not exist, is of another type or shape, or a floating-point number is NaN or infinite.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static void Read(string path, SessionValue input, Span<byte> bytes)
    {
        int offset = 0;
        if (NpyFile.IsNpy(path))
        {
            NpyFile file = NpyFile.Open(path);
            offset = file.Offset;
            if (file.Type != input.Type || file.Shape != input.Shape)
            {
                throw new FileFormatException(path, "header", $"is of {file.Type} {file.Shape}; {input.Type} {input.Shape} was expected");
            }
        }

        InputFile.Require(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        long length = stream.Length - offset;
        if (length != bytes.Length)
        {
            string type = input.Type.ToString().ToLowerInvariant();
            throw new FileFormatException(
                path,
                "file size",
                $"{length} bytes; shape {input.Shape} needs {input.Shape.ElementCount} {type} numbers of {input.Type.Size()} bytes");
        }

        stream.Position = offset;
        stream.ReadExactly(bytes);
        if (input.Type == ElementType.Float32)
        {
            RequireFinite(
                MemoryMarshal.Cast<byte, float>(bytes),
                (index, what) => new FileFormatException(path, $"element {index}", $"is {what}; a finite number was expected"));
        }
    }

    /// <summary>Requires that no floating-point number of an output is NaN or infinite, as overflowing weights make them.</summary>
    /// <param name="network">What was run, for the message.</param>
    /// <param name="output">The output.</param>
    /// <param name="bytes">Its elements.</param>
    /// <exception cref="CommandException">One is.</exception>
    public static void RequireFinite(string network, SessionValue output, ReadOnlySpan<byte> bytes)
    {
        if (output.Type == ElementType.Float32)
        {
            RequireFinite(
                MemoryMarshal.Cast<byte, float>(bytes),
                (index, what) => new CommandException($"{network}: output {index} of the network is {what}; {RawFloats.WhyNotFinite}."));
        }
    }

    /// <summary>Writes a network's output; a file is complete or not there.</summary>
    /// <exception cref="CommandException">The file cannot be written.</exception>
    public static void Write(string path, SessionValue output, byte[] bytes)
    {
        try
        {
            AtomicFile.Write(path, stream =>
            {
                if (NpyFile.IsNpy(path))
                {
                    NpyFile.WriteHeader(stream, output.Type, output.Shape);
                }

                stream.Write(bytes);
            });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path}: cannot be written: {error.Message}", error);
        }
    }

    private static void RequireFinite(ReadOnlySpan<float> values, Func<int, string, DwEngineException> error)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw error(i, float.IsNaN(values[i]) ? "NaN" : "infinite");
            }
        }
    }
}
