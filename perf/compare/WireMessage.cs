using Google.Protobuf;

namespace DwEngine.Compare;

/// <summary>One field of a protocol buffer message, as it stands on the wire.</summary>
/// <param name="Tag">Its number and wire type.</param>
/// <param name="Value">Its value if it is a number.</param>
/// <param name="Bytes">Its content if it is a string, bytes, packed numbers or a message; else null.</param>
internal readonly record struct WireField(uint Tag, ulong Value, ByteString? Bytes)
{
    /// <summary>The field's number in its message.</summary>
    public int Number => WireFormat.GetTagFieldNumber(Tag);

    /// <summary>A field that holds a message.</summary>
    public static WireField Of(int number, WireMessage message) =>
        new(WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited), 0, message.ToByteString());

    /// <summary>A field that holds bytes.</summary>
    public static WireField Of(int number, ByteString bytes) =>
        new(WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited), 0, bytes);

    /// <summary>A field that holds an integer.</summary>
    public static WireField Of(int number, ulong value) => new(WireFormat.MakeTag(number, WireFormat.WireType.Varint), value, null);
}

/// <summary>
/// A protocol buffer message as a list of fields, without its schema: enough to change a few of them and to leave all others as they are.
/// </summary>
internal sealed class WireMessage
{
    /// <summary>An empty message.</summary>
    public WireMessage()
    {
    }

    /// <summary>Reads a message.</summary>
    /// <exception cref="CompareException">The bytes are no message.</exception>
    public WireMessage(ByteString bytes)
    {
        try
        {
            CodedInputStream input = bytes.CreateCodedInput();
            for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
            {
                Fields.Add(WireFormat.GetTagWireType(tag) switch
                {
                    WireFormat.WireType.Varint => new WireField(tag, input.ReadUInt64(), null),
                    WireFormat.WireType.Fixed64 => new WireField(tag, input.ReadFixed64(), null),
                    WireFormat.WireType.Fixed32 => new WireField(tag, input.ReadFixed32(), null),
                    WireFormat.WireType.LengthDelimited => new WireField(tag, 0, input.ReadBytes()),
                    WireFormat.WireType other =>
                        throw new CompareException($"The ONNX file has a field of the wire type {other}, which ONNX does not use."),
                });
            }
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new CompareException($"The ONNX file is damaged: {error.Message}");
        }
    }

    /// <summary>The fields in order.</summary>
    public List<WireField> Fields { get; } = [];

    /// <summary>The contents of all fields of one number that hold strings, bytes or messages.</summary>
    public IEnumerable<ByteString> All(int number) =>
        Fields.Where(field => field.Number == number && field.Bytes is not null).Select(field => field.Bytes!);

    /// <summary>The last integer of one number, as protocol buffers take it; null if there is none.</summary>
    public ulong? Integer(int number) =>
        Fields.Where(field => field.Number == number && field.Bytes is null).Select(field => (ulong?)field.Value).LastOrDefault();

    /// <summary>The last text of one number; empty if there is none.</summary>
    public string Text(int number) => All(number).LastOrDefault()?.ToStringUtf8() ?? "";

    /// <summary>Replaces the messages of one number.</summary>
    public void Edit(int number, Func<WireMessage, WireMessage> edit)
    {
        for (int i = 0; i < Fields.Count; i++)
        {
            if (Fields[i].Number == number && Fields[i].Bytes is { } bytes)
            {
                Fields[i] = WireField.Of(number, edit(new WireMessage(bytes)));
            }
        }
    }

    /// <summary>The message on the wire.</summary>
    public ByteString ToByteString()
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true))
        {
            foreach (WireField field in Fields)
            {
                output.WriteTag(field.Tag);
                switch (WireFormat.GetTagWireType(field.Tag))
                {
                    case WireFormat.WireType.Varint:
                        output.WriteUInt64(field.Value);
                        break;
                    case WireFormat.WireType.Fixed64:
                        output.WriteFixed64(field.Value);
                        break;
                    case WireFormat.WireType.Fixed32:
                        output.WriteFixed32((uint)field.Value);
                        break;
                    default:
                        output.WriteBytes(field.Bytes!);
                        break;
                }
            }
        }

        return ByteString.CopyFrom(memory.GetBuffer().AsSpan(0, (int)memory.Length));
    }
}
