namespace DwEngine.Onnx.Reading;

/// <summary>Which fields of the schema grow in memory. All that is not listed is a single number or is skipped.</summary>
internal static class WireSchema
{
    private static readonly Dictionary<(MessageKind Message, int Field), (FieldKind Kind, MessageKind Child)> s_fields = new()
    {
        [(MessageKind.Model, 2)] = Of(FieldKind.Text),
        [(MessageKind.Model, 3)] = Of(FieldKind.Text),
        [(MessageKind.Model, 7)] = Of(MessageKind.Graph),
        // An imported set of operators is a text and a number.
        [(MessageKind.Model, 8)] = Of(MessageKind.Pair),
        [(MessageKind.Model, 14)] = Of(MessageKind.Pair),
        [(MessageKind.Pair, 1)] = Of(FieldKind.Text),
        [(MessageKind.Pair, 2)] = Of(FieldKind.Text),
        [(MessageKind.Graph, 1)] = Of(MessageKind.Node),
        [(MessageKind.Graph, 2)] = Of(FieldKind.Text),
        [(MessageKind.Graph, 5)] = Of(MessageKind.Tensor),
        [(MessageKind.Graph, 11)] = Of(MessageKind.ValueInfo),
        [(MessageKind.Graph, 12)] = Of(MessageKind.ValueInfo),
        [(MessageKind.Graph, 15)] = Of(MessageKind.SparseTensor),
        [(MessageKind.Node, 1)] = Of(FieldKind.Text),
        [(MessageKind.Node, 2)] = Of(FieldKind.Text),
        [(MessageKind.Node, 3)] = Of(FieldKind.Text),
        [(MessageKind.Node, 4)] = Of(FieldKind.Text),
        [(MessageKind.Node, 5)] = Of(MessageKind.Attribute),
        [(MessageKind.Node, 7)] = Of(FieldKind.Text),
        [(MessageKind.Attribute, 1)] = Of(FieldKind.Text),
        [(MessageKind.Attribute, 4)] = Of(FieldKind.Bytes),
        [(MessageKind.Attribute, 5)] = Of(MessageKind.Tensor),
        [(MessageKind.Attribute, 7)] = Of(FieldKind.Bytes),
        [(MessageKind.Attribute, 8)] = Of(FieldKind.Numbers8),
        [(MessageKind.Attribute, 9)] = Of(FieldKind.Bytes),
        [(MessageKind.SparseTensor, 1)] = Of(MessageKind.Tensor),
        [(MessageKind.Tensor, 1)] = Of(FieldKind.Numbers8),
        [(MessageKind.Tensor, 4)] = Of(FieldKind.Bytes),
        [(MessageKind.Tensor, 5)] = Of(FieldKind.Numbers4),
        [(MessageKind.Tensor, 7)] = Of(FieldKind.Numbers8),
        [(MessageKind.Tensor, 8)] = Of(FieldKind.Text),
        [(MessageKind.Tensor, 9)] = Of(FieldKind.Bytes),
        [(MessageKind.Tensor, 10)] = Of(FieldKind.Bytes),
        [(MessageKind.Tensor, 11)] = Of(FieldKind.Numbers8),
        [(MessageKind.Tensor, 13)] = Of(MessageKind.Pair),
        [(MessageKind.ValueInfo, 1)] = Of(FieldKind.Text),
        [(MessageKind.ValueInfo, 2)] = Of(MessageKind.TypeInfo),
        [(MessageKind.TypeInfo, 1)] = Of(MessageKind.TensorType),
        [(MessageKind.TensorType, 2)] = Of(MessageKind.TensorShape),
        [(MessageKind.TensorShape, 1)] = Of(MessageKind.Dimension),
        [(MessageKind.Dimension, 2)] = Of(FieldKind.Text),
    };

    /// <summary>What a field holds, and which message if it holds one.</summary>
    public static (FieldKind Kind, MessageKind Child) FieldOf(MessageKind message, int field) =>
        s_fields.GetValueOrDefault((message, field));

    private static (FieldKind, MessageKind) Of(FieldKind kind) => (kind, default);

    private static (FieldKind, MessageKind) Of(MessageKind child) => (FieldKind.Message, child);
}
