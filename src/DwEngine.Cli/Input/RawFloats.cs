using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DwEngine.Cli.Output;
using DwEngine.Files;
using DwEngine.Tensors;

namespace DwEngine.Cli.Input;

/// <summary>Files that hold nothing but little-endian float32 numbers.</summary>
internal static class RawFloats
{
    /// <summary>What makes outputs of finite inputs NaN or infinite, for messages.</summary>
    public const string WhyNotFinite = "a weight is NaN or infinite, or sums overflow";

    /// <summary>Reads a tensor.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shape">Its shape, at least one element.</param>
    /// <exception cref="InputFileException">The file cannot be read.</exception>
    /// <exception cref="FileFormatException">The file has another length, or a number is NaN or infinite.</exception>
    public static float[] Read(string path, Shape shape) => InputFile.Read(path, stream => Read(path, stream, shape));

    /// <summary>Requires that no output is NaN or infinite, as overflowing weights make them.</summary>
    /// <param name="what">What was run, for the message.</param>
    /// <param name="values">The network's outputs.</param>
    /// <exception cref="CommandException">One is.</exception>
    public static void RequireFiniteOutput(string what, float[] values) => RequireFinite(
        values,
        index => new CommandException($"{what}: output {index} of the network is {Describe(values[index])}; {WhyNotFinite}."));

    private static void RequireFinite(float[] values, Func<int, DwEngineException> error)
    {
        int index = Array.FindIndex(values, value => !float.IsFinite(value));
        if (index >= 0)
        {
            throw error(index);
        }
    }

    private static string Describe(float value) => float.IsNaN(value) ? "NaN" : "infinite";

    private static float[] Read(string path, FileStream stream, Shape shape)
    {
        // Divided, not multiplied: the product of a huge shape could overflow. Compared before the array is made, so that a shape
        // alone claims no memory.
        long length = stream.Length;
        if (length % sizeof(float) != 0 || length / sizeof(float) != shape.ElementCount)
        {
            throw new FileFormatException(
                path, "file size", $"{Words.Count(length, "byte")}; shape {shape} needs {shape.ElementCount} float32 numbers of "
                    + $"{sizeof(float)} bytes");
        }

        if (shape.ElementCount > Array.MaxLength)
        {
            throw new FileFormatException(
                path, "file size", $"{Words.Count(shape.ElementCount, "number")}; at most {Array.MaxLength} were expected");
        }

        float[] values = new float[shape.ElementCount];
        stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        if (!BitConverter.IsLittleEndian)
        {
            Span<uint> bits = MemoryMarshal.Cast<float, uint>(values.AsSpan());
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }

        RequireFinite(
            values,
            index => new FileFormatException(path, $"element {index}", $"is {Describe(values[index])}; a finite number was expected"));
        return values;
    }
}
