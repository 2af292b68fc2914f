using DwEngine.Graphs.Layers;
using DwEngine.Tensors;
using static DwEngine.Onnx.Export.LayerExport;

namespace DwEngine.Onnx.Export;

/// <summary>Products of matrices.</summary>
internal static class ProductExport
{
    public static IEnumerable<LayerExport> Entries { get; } =
    [
        Of("FullyConnected", FullyConnect),
        Of("MatMul", node => node.Apply("MatMul", [node.Input(0), node.Input(1)])),
    ];

    private static string FullyConnect(NodeExport node)
    {
        var layer = (FullyConnected)node.Layer;
        Shape input = node.Facts[0].Shape;
        string rows = node.Input(0);
        if (input.Rank > 2 && node.HasOpenSizes)
        {
            string transposed = node.IsHollow(layer.Weights)
                ? node.Apply("Transpose", [node.Parameter("weight")], Attributes.Of("perm", [1, 0]))
                : node.Constant("weight", new Transpose(1, 0).Reference([layer.Weights])[0]);
            string product = node.Apply("MatMul", [rows, transposed]);
            return FunctionExport.Epilogue(
                node, layer.Bias is null ? product : node.Apply("Add", [product, node.Parameter("bias")]), layer.Epilogue);
        }

        // The operator takes matrices only. The first dimension may be the batch, so it is the one that is left open.
        rows = input.Rank == 2 ? rows : node.Reshape(rows, -1, layer.InputLength);
        string weights = node.Parameter("weight"), bias = node.ParameterOrNone("bias");
        string result = node.Apply(
            "Gemm", bias.Length > 0 ? [rows, weights, bias] : [rows, weights], Attributes.Of("transB", true));
        result = input.Rank == 2 ? result
            : input.Rank == 1 ? node.Reshape(result, layer.OutputLength)
            : node.Reshape(result, [-1, .. input.Dimensions[1..^1], layer.OutputLength]);
        return FunctionExport.Epilogue(node, result, layer.Epilogue);
    }
}
