using DwEngine.Onnx.Schema;
using DwEngine.Tensors;
using Google.Protobuf;
using static DwEngine.Onnx.Schema.TensorProto.Types;

namespace DwEngine.Onnx.Export;

/// <summary>The names and the constants of a network that is being written.</summary>
/// <param name="hasOpenSizes">Whether dimensions other than the batch may change.</param>
/// <param name="hollow">Tensors that are left out, each with the name that it is told by.</param>
internal sealed class ExportScope(bool hasOpenSizes, IReadOnlyDictionary<Tensor, string> hollow)
{
    // What one message can hold, less what stands beside the weights.
    private const long MostBytes = int.MaxValue - (64L << 20);

    private readonly HashSet<string> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<Tensor, string> _constants = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(ElementType Type, Shape Shape, string Bytes), string> _small = [];
    private long _bytes;

    /// <summary>Whether dimensions other than the batch may change.</summary>
    public bool HasOpenSizes { get; } = hasOpenSizes;

    /// <summary>The constants, in the order in which they are first read.</summary>
    public List<TensorProto> Constants { get; } = [];

    /// <summary>ONNX's number of an element type.</summary>
    public static DataType TypeOf(ElementType type) => type switch
    {
        ElementType.Float32 => DataType.Float,
        ElementType.Float16 => DataType.Float16,
        ElementType.BFloat16 => DataType.Bfloat16,
        ElementType.Float64 => DataType.Double,
        ElementType.Int64 => DataType.Int64,
        ElementType.Int32 => DataType.Int32,
        ElementType.Int16 => DataType.Int16,
        ElementType.Int8 => DataType.Int8,
        ElementType.UInt8 => DataType.Uint8,
        ElementType.Bool => DataType.Bool,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type."),
    };

    /// <summary>A tensor as ONNX has it.</summary>
    public static TensorProto ToProto(string name, Tensor tensor)
    {
        var proto = new TensorProto { Name = name, DataType = (int)TypeOf(tensor.Type), RawData = ByteString.CopyFrom(tensor.Bytes) };
        proto.Dims.AddRange(tensor.Shape.Dimensions.ToArray().Select(size => (long)size));
        return proto;
    }

    /// <summary>Whether a tensor is left out, so that nothing may be made of its values.</summary>
    public bool IsHollow(Tensor tensor) => hollow.ContainsKey(tensor);

    /// <summary>Keeps a name for a value; false if it is taken.</summary>
    public bool TryReserve(string name) => _values.Add(name);

    /// <summary>A name for a value that no other has.</summary>
    public string NewValue(string name) => Unique(_values, name);

    /// <summary>A name for a node that no other has.</summary>
    public string NewNode(string name) => Unique(_nodes, name);

    /// <summary>The name of a constant; the same tensor, and a small one of the same content, is written once.</summary>
    /// <exception cref="OnnxExportException">The weights are too large for one file.</exception>
    public string Constant(string name, Tensor tensor)
    {
        const int Small = 64;
        (ElementType, Shape, string) key = (tensor.Type, tensor.Shape, "");
        if (_constants.TryGetValue(tensor, out string? known))
        {
            return known;
        }

        if (hollow.TryGetValue(tensor, out string? told))
        {
            string place = NewValue(name);
            Constants.Add(OnnxSkeleton.Hollow(place, tensor, told));
            _constants.Add(tensor, place);
            return place;
        }

        if (tensor.Bytes.Length <= Small)
        {
            key.Item3 = Convert.ToHexString(tensor.Bytes);
            if (_small.TryGetValue(key, out known))
            {
                return known;
            }
        }

        _bytes += tensor.Bytes.Length;
        if (_bytes > MostBytes)
        {
            throw new OnnxExportException($"with '{name}' the weights have more than {MostBytes} bytes, more than one ONNX file can hold");
        }

        string unique = NewValue(name);
        Constants.Add(ToProto(unique, tensor));
        _constants.Add(tensor, unique);
        if (tensor.Bytes.Length <= Small)
        {
            _small.Add(key, unique);
        }

        return unique;
    }

    private static string Unique(HashSet<string> names, string name)
    {
        string unique = name;
        for (int i = 1; !names.Add(unique); i++)
        {
            unique = $"{name}_{i}";
        }

        return unique;
    }
}
