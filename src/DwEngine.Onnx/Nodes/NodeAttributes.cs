using System.Collections.Immutable;
using System.Text;
using DwEngine.Files;
using DwEngine.Onnx.Schema;
using static DwEngine.Onnx.Schema.AttributeProto.Types;

namespace DwEngine.Onnx.Nodes;

/// <summary>
/// The attributes of a node. Each is asked for by name and type; those that nobody asked for are not supported, so that none is overlooked.
/// </summary>
internal sealed class NodeAttributes
{
    private readonly Dictionary<string, AttributeProto> _attributes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);
    private readonly Func<string, FileFormatException> _error;

    /// <summary>Gathers the attributes.</summary>
    /// <param name="attributes">As they stand in the file.</param>
    /// <param name="error">Makes an error that names the file and the node.</param>
    public NodeAttributes(IEnumerable<AttributeProto> attributes, Func<string, FileFormatException> error)
    {
        _error = error;
        foreach (AttributeProto attribute in attributes)
        {
            if (!_attributes.TryAdd(attribute.Name, attribute))
            {
                throw error($"the attribute {Quoting.Quoted(attribute.Name)} stands there twice");
            }
        }
    }

    /// <summary>The attributes that nobody has asked for.</summary>
    public IEnumerable<string> Unread => _attributes.Keys.Where(name => !_read.Contains(name)).Order(StringComparer.Ordinal);

    /// <summary>Whether the node has an attribute.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>A whole number.</summary>
    public long Long(string name, long otherwise) => Find(name, AttributeType.Int)?.I ?? otherwise;

    /// <summary>A whole number of 32 bits.</summary>
    public int Int(string name, int otherwise) => Narrow(name, Long(name, otherwise));

    /// <summary>A whole number of 32 bits that must be there.</summary>
    public int Int(string name) => Narrow(name, Require(name, AttributeType.Int).I);

    /// <summary>0 or 1.</summary>
    public bool Bool(string name, bool otherwise) => Find(name, AttributeType.Int) is { } attribute ? attribute.I switch
    {
        0 => false,
        1 => true,
        _ => throw _error($"the attribute '{name}' is {attribute.I}; 0 or 1 was expected"),
    } : otherwise;

    /// <summary>A number.</summary>
    public double Float(string name, double otherwise) => Find(name, AttributeType.Float)?.F ?? otherwise;

    /// <summary>A text.</summary>
    public string Text(string name, string otherwise) =>
        Find(name, AttributeType.String) is { } attribute ? Encoding.UTF8.GetString(attribute.S.Span) : otherwise;

    /// <summary>
    /// Whole numbers; those beyond 32 bits are moved to the limits, which mean the end of an axis. Default if they are not there.
    /// </summary>
    public ImmutableArray<int> Ints(string name) => Find(name, AttributeType.Ints) is { } attribute
        ? [.. attribute.Ints.Select(value => (int)Math.Clamp(value, int.MinValue, int.MaxValue))]
        : default;

    /// <summary>Whole numbers of 64 bits; null if they are not there.</summary>
    public IReadOnlyList<long>? Longs(string name) => Find(name, AttributeType.Ints)?.Ints;

    /// <summary>Numbers; null if they are not there.</summary>
    public IReadOnlyList<float>? Floats(string name) => Find(name, AttributeType.Floats)?.Floats;

    /// <summary>A tensor; null if it is not there.</summary>
    public TensorProto? Tensor(string name) => Find(name, AttributeType.Tensor) is not { } attribute ? null
        : attribute.T ?? throw _error($"the attribute '{name}' has no tensor");

    /// <summary>Requires that an attribute, if it is there, has a value which changes nothing.</summary>
    /// <param name="name">The attribute.</param>
    /// <param name="value">The value.</param>
    public void RequireDefault(string name, long value)
    {
        if (Long(name, value) is var found && found != value)
        {
            throw new NotSupported($"{name} = {found} (only {value} is supported)");
        }
    }

    /// <summary>Marks an attribute as one whose value changes nothing in inference.</summary>
    public void Ignore(string name) => _read.Add(name);

    private int Narrow(string name, long value) => value is >= int.MinValue and <= int.MaxValue
        ? (int)value
        : throw _error($"the attribute '{name}' is {value}, which has more than 32 bits");

    private AttributeProto Require(string name, AttributeType type) =>
        Find(name, type) ?? throw _error($"the attribute '{name}' was expected");

    private AttributeProto? Find(string name)
    {
        _read.Add(name);
        return _attributes.GetValueOrDefault(name);
    }

    private AttributeProto? Find(string name, AttributeType type)
    {
        AttributeProto? attribute = Find(name);
        // Files of the first versions do not tell the type.
        return attribute is null || attribute.Type == type || attribute.Type == AttributeType.Undefined
            ? attribute
            : throw _error($"the attribute '{name}' is of the type {attribute.Type}; {type} was expected");
    }
}
