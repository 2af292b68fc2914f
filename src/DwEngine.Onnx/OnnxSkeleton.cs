using System.Collections.Immutable;
using DwEngine.Files;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Onnx.Export;
using DwEngine.Onnx.Reading;
using DwEngine.Onnx.Schema;
using DwEngine.Tensors;
using Google.Protobuf;
using static DwEngine.Onnx.Schema.TensorProto.Types;

namespace DwEngine.Onnx;

/// <summary>
/// A network without its weights: what they are to be filled into, when they come from elsewhere. Kept as an ONNX network whose weights
/// lie outside the file, each under a name of the caller's choice.
/// </summary>
public sealed class OnnxSkeleton
{
    private const string Location = "location";

    private readonly string _name;
    private readonly ModelProto _model;

    private OnnxSkeleton(string name, ModelProto model)
    {
        _name = name;
        _model = model;
        Weights = [.. Hollows.Select(proto => new OnnxWeight(proto.ExternalData[0].Value, proto.Name, TypeOf(proto), ShapeOf(proto)))];
    }

    /// <summary>The weights that are to be filled in.</summary>
    public ImmutableArray<OnnxWeight> Weights { get; }

    private IEnumerable<TensorProto> Hollows =>
        _model.Graph.Initializer.Where(proto => proto.DataLocation == DataLocation.External);

    /// <summary>Takes a graph without some of its tensors.</summary>
    /// <param name="graph">The graph, of any origin.</param>
    /// <param name="metadata">What is known of the network beside its layers.</param>
    /// <param name="weights">
    /// The tensors to leave out, told by reference, each with a name of its own. Those that no node has are ignored.
    /// </param>
    /// <exception cref="OnnxExportException">The graph has no form in ONNX.</exception>
    public static OnnxSkeleton Of(Graph graph, ModelMetadata? metadata, IEnumerable<KeyValuePair<Tensor, string>> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        var hollow = new Dictionary<Tensor, string>(weights, ReferenceEqualityComparer.Instance);
        return new OnnxSkeleton("network", GraphExporter.Export(graph, metadata, hollow));
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="FileFormatException">They are no such network.</exception>
    public static OnnxSkeleton Read(string name, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        using var stream = new MemoryStream(bytes);
        ModelProto model = ModelReader.Read(name, stream, new MemoryBudget(name, bytes.Length));
        if (model.Graph is null
            || model.Graph.Initializer.Any(proto => proto.DataLocation == DataLocation.External && !IsHollow(proto)))
        {
            throw new FileFormatException(name, "", "is no network without weights, as this program writes it");
        }

        return new OnnxSkeleton(name, model);
    }

    /// <summary>The network without weights. The same graph gives the same bytes.</summary>
    public byte[] ToBytes() => _model.ToByteArray();

    /// <summary>The network with weights.</summary>
    /// <param name="weights">A tensor for each of <see cref="Weights"/>, of its type and shape, by its name.</param>
    /// <exception cref="WeightMismatchException">One is missing, or of another type or shape.</exception>
    /// <exception cref="FileFormatException">The network contradicts itself.</exception>
    /// <exception cref="OnnxUnsupportedException">The engine cannot compute some of the nodes.</exception>
    public OnnxNetwork Fill(IReadOnlyDictionary<string, Tensor> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ModelProto filled = _model.Clone();
        foreach (TensorProto proto in filled.Graph.Initializer.Where(proto => proto.DataLocation == DataLocation.External))
        {
            string name = proto.ExternalData[0].Value;
            if (!weights.TryGetValue(name, out Tensor? tensor) || tensor.Shape != ShapeOf(proto) || tensor.Type != TypeOf(proto))
            {
                throw new WeightMismatchException(
                    $"The tensor '{name}' was expected as {TypeOf(proto)} {ShapeOf(proto)}, "
                    + $"found {(tensor is null ? "none" : $"{tensor.Type} {tensor.Shape}")}.");
            }

            proto.ExternalData.Clear();
            proto.DataLocation = DataLocation.Default;
            proto.RawData = ByteString.CopyFrom(tensor.Bytes);
        }

        using var stream = new MemoryStream(filled.ToByteArray());
        return OnnxFile.Load(stream, _name);
    }

    /// <summary>A tensor without its values.</summary>
    internal static TensorProto Hollow(string name, Tensor tensor, string told)
    {
        var proto = new TensorProto
        {
            Name = name,
            DataType = (int)ExportScope.TypeOf(tensor.Type),
            DataLocation = DataLocation.External,
            ExternalData = { new StringStringEntryProto { Key = Location, Value = told } },
        };
        proto.Dims.AddRange(tensor.Shape.Dimensions.ToArray().Select(size => (long)size));
        return proto;
    }

    private static bool IsHollow(TensorProto proto) =>
        proto.ExternalData is [{ Key: Location }] && TensorReader.TypeOf(proto.DataType) is not null
        && proto.Dims.Count <= Shape.MaxRank && proto.Dims.All(size => size is >= 0 and <= int.MaxValue)
        && proto.Dims.Aggregate(1.0, (product, size) => product * size) <= int.MaxValue;

    private static Shape ShapeOf(TensorProto proto) => new([.. proto.Dims.Select(size => (int)size)]);

    private static ElementType TypeOf(TensorProto proto) => TensorReader.TypeOf(proto.DataType)!.Value;
}

/// <summary>A tensor that is to be filled in.</summary>
/// <param name="Name">The name that the caller chose for it.</param>
/// <param name="LayerName">Its name within the network: the node's, and its part in the layer.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its shape.</param>
public sealed record OnnxWeight(string Name, string LayerName, ElementType Type, Shape Shape);
