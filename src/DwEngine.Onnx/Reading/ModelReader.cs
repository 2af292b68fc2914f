using DwEngine.Files;
using DwEngine.Onnx.Schema;
using Google.Protobuf;

namespace DwEngine.Onnx.Reading;

/// <summary>Parses a model.</summary>
internal static class ModelReader
{
    /// <summary>How many bytes of a file's start decide whether it looks like a model.</summary>
    public const int HeadLength = 2;

    // The messages of one field each that the schema nests; parsing needs no more.
    private const int MostNested = 16;

    // No model has one that high.
    private const byte HighestVersion = 64;

    private static readonly MessageParser<ModelProto> s_model = ModelProto.Parser.WithDiscardUnknownFields(true);
    private static readonly MessageParser<TensorProto> s_tensor = TensorProto.Parser.WithDiscardUnknownFields(true);

    /// <summary>Whether a file that starts like this looks like a model: every one starts with the version of its format.</summary>
    public static bool Recognises(ReadOnlySpan<byte> head) => head is [0x08, > 0 and <= HighestVersion, ..];

    /// <summary>Parses a model.</summary>
    /// <param name="file">Its file's path or name.</param>
    /// <param name="stream">The file; it can seek.</param>
    /// <param name="budget">What the file may take.</param>
    /// <exception cref="FileFormatException">It is no model, or would take more memory than the budget has.</exception>
    public static ModelProto Read(string file, Stream stream, MemoryBudget budget) =>
        Read(file, stream, MessageKind.Model, s_model, budget);

    /// <summary>Parses a file that holds one tensor.</summary>
    /// <inheritdoc cref="Read(string, Stream, MemoryBudget)"/>
    public static TensorProto ReadTensor(string file, Stream stream, MemoryBudget budget) =>
        Read(file, stream, MessageKind.Tensor, s_tensor, budget);

    private static TMessage Read<TMessage>(
        string file, Stream stream, MessageKind kind, MessageParser<TMessage> parser, MemoryBudget budget)
        where TMessage : IMessage<TMessage>
    {
        if (stream.Length > int.MaxValue)
        {
            throw new FileFormatException(
                file, "file size", $"{stream.Length} bytes; a model has at most {int.MaxValue}, and larger weights lie in files beside it");
        }

        WireScan.Run(file, stream, kind, budget);
        stream.Position = 0;
        try
        {
            using var input = CodedInputStream.CreateWithLimits(stream, int.MaxValue, MostNested);
            return parser.ParseFrom(input);
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or ArgumentException)
        {
            throw new FileFormatException(file, "", $"is no {kind} of ONNX: {error.Message}", error);
        }
    }
}
