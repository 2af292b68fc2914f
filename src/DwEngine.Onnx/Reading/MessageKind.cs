namespace DwEngine.Onnx.Reading;

/// <summary>The messages of the schema.</summary>
internal enum MessageKind
{
    Model,
    Pair,
    Graph,
    Node,
    Attribute,
    Tensor,
    SparseTensor,
    ValueInfo,
    TypeInfo,
    TensorType,
    TensorShape,
    Dimension,
}
